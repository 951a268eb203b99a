-- The book: what people declare about figures. Rows are only ever added, numbered from 1 without gaps.
-- hash: SHA-256 of the hash before it and of the row's other columns as canonical JSON.

CREATE TABLE entry (
    number INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    person TEXT NOT NULL CHECK (person <> ''),
    reason TEXT NOT NULL CHECK (reason <> ''),
    document TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM entry)
BEGIN SELECT RAISE(ABORT, 'the number does not follow the last entry'); END;

CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never changed: withdraw it by another'); END;

CREATE TRIGGER entry_remains BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never removed: withdraw it by another'); END;
