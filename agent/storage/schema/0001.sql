-- Frames as they were read, the accounts that go on from frame to frame, and the half hours that they gave.
-- Times are UTC: *_ms milliseconds, *_utc_s seconds since 1970. `seq` is one sequence over frames and intervals.

CREATE TABLE layout (
    digest TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE frame (
    seq INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    layout TEXT NOT NULL REFERENCES layout (digest),
    time_ms INTEGER NOT NULL,
    raw_values BLOB NOT NULL,
    quality BLOB NOT NULL,
    source_times BLOB NOT NULL,
    checksum INTEGER NOT NULL -- CRC-32 of the three blobs: a damaged page must not become a reading
) STRICT;

CREATE INDEX frame_by_time ON frame (device, time_ms);

-- The state of a device's accounts after its frame `seq`.
CREATE TABLE account (
    device TEXT PRIMARY KEY,
    layout TEXT NOT NULL REFERENCES layout (digest),
    seq INTEGER NOT NULL,
    state BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE point (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    point TEXT NOT NULL,
    UNIQUE (device, point)
) STRICT;

CREATE TABLE interval (
    point_id INTEGER NOT NULL REFERENCES point (id),
    start_utc_s INTEGER NOT NULL,
    opening_raw REAL NOT NULL,
    closing_raw REAL NOT NULL,
    advance_raw REAL NOT NULL,
    method TEXT NOT NULL,
    spanned_ms INTEGER NOT NULL,
    observed_ms INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    seq INTEGER NOT NULL, -- its own place in the sequence
    revision INTEGER NOT NULL DEFAULT 0, -- how often it was drawn up again with another result
    PRIMARY KEY (point_id, start_utc_s)
) STRICT, WITHOUT ROWID;

-- Earlier versions of half hours that were drawn up again: nothing in the ledger is lost.
CREATE TABLE superseded (
    point_id INTEGER NOT NULL REFERENCES point (id),
    start_utc_s INTEGER NOT NULL,
    opening_raw REAL NOT NULL,
    closing_raw REAL NOT NULL,
    advance_raw REAL NOT NULL,
    method TEXT NOT NULL,
    spanned_ms INTEGER NOT NULL,
    observed_ms INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    seq INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT;

-- One row for each commit that added half hours or events: the hash of the seal before it and of the new rows.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL, -- of the half hours, 0 when there are none
    last_seq INTEGER NOT NULL,
    last_event INTEGER NOT NULL, -- events up to this one are sealed
    hash BLOB NOT NULL
) STRICT;

-- Sums of the intervals of one local day by method, kept up with every interval that is written or revised.
-- `weighted_raw` is the sum of advance times spanned time: the mean of a gauge over several half hours.
CREATE TABLE day_sum (
    point_id INTEGER NOT NULL REFERENCES point (id),
    day_utc_s INTEGER NOT NULL,
    method TEXT NOT NULL,
    half_hours INTEGER NOT NULL,
    advance_raw REAL NOT NULL,
    weighted_raw REAL NOT NULL,
    spanned_ms INTEGER NOT NULL,
    observed_ms INTEGER NOT NULL,
    PRIMARY KEY (point_id, day_utc_s, method)
) STRICT, WITHOUT ROWID;

-- Intervals that no destination has confirmed yet; they are published in one sequence with the frames.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    point_id INTEGER NOT NULL,
    start_utc_s INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    device TEXT NOT NULL,
    point TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- Up to and including `seq`, the destination has everything.
CREATE TABLE cursor (
    destination TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
