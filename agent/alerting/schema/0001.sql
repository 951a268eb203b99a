-- Where the alerts stand, what happened to them, and who is still to be told. Times are UTC seconds since 1970.

CREATE TABLE alert_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    content TEXT NOT NULL -- as `agent.alerts.stored` writes it
) STRICT;

-- NULL is not known: energy, CO2 and money of a silent meter.
CREATE TABLE alert_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    alert TEXT NOT NULL,
    time_utc_s INTEGER NOT NULL,
    since_utc_s INTEGER NOT NULL,
    value REAL NOT NULL,
    energy_gj REAL,
    co2_kg REAL,
    yen REAL
) STRICT;

-- One row for each event and each way to tell it; state: waiting, done, given_up.
CREATE TABLE delivery (
    channel TEXT NOT NULL,
    event INTEGER NOT NULL REFERENCES alert_event (id) ON DELETE CASCADE,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (channel, event)
) STRICT, WITHOUT ROWID;
