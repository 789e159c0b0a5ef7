"""The tables of the SQLite journal and the triggers that keep them append-only."""

SCHEMA_VERSION = 1
"""The `user_version` that `SCHEMA` sets at its end."""

SCHEMA = """
CREATE TABLE entry (
    change TEXT NOT NULL,
    seq INTEGER NOT NULL,
    data BLOB NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (change, seq)
) WITHOUT ROWID;
CREATE TABLE head (
    change TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE claim (
    token TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
WHEN NEW.seq IS NOT (
    SELECT coalesce(max(seq), 0) + 1 FROM head WHERE change = NEW.change
)
BEGIN SELECT RAISE(ABORT, 'an entry goes behind the newest one'); END;
CREATE TRIGGER entry_moves_head AFTER INSERT ON entry
BEGIN
    INSERT INTO head (change, seq, hash) VALUES (NEW.change, NEW.seq, NEW.hash)
    ON CONFLICT (change) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;
END;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;

CREATE TRIGGER head_one_step BEFORE UPDATE ON head
WHEN NEW.change IS NOT OLD.change OR NEW.seq IS NOT OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'a head moves one entry at a time'); END;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;

CREATE TRIGGER claim_once BEFORE INSERT ON claim
WHEN EXISTS (SELECT 1 FROM claim WHERE token = NEW.token)
BEGIN SELECT RAISE(ABORT, 'a claim is taken once'); END;
CREATE TRIGGER claim_no_update BEFORE UPDATE ON claim
BEGIN SELECT RAISE(ABORT, 'a claim is kept'); END;
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim
BEGIN SELECT RAISE(ABORT, 'a claim is kept'); END;

PRAGMA user_version = 1;
"""
