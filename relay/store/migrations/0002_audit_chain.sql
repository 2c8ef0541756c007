-- The audit log becomes a chain for each tenant: a line's `hash` covers the hash before it and everything the line says.
-- SQL cannot hash: the lines there are wait here, in their order, until `SqliteStore::open` has chained them.

DROP TRIGGER audit_is_not_changed;
DROP TRIGGER audit_is_not_deleted;
DROP INDEX audit_of_tenant;
ALTER TABLE audit RENAME TO audit_unchained;

CREATE TABLE audit (
    tenant   BLOB    NOT NULL REFERENCES tenants (id),
    -- From 1, without a gap.
    seq      INTEGER NOT NULL,
    operator BLOB,
    who      TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_alarms ON audit (tenant, at) WHERE what = 'alarm.guessing';
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

-- Where the chain stood when the session's end was written.
ALTER TABLE sessions ADD COLUMN audit_seq INTEGER;
ALTER TABLE sessions ADD COLUMN audit_hash BLOB;
CREATE INDEX sessions_noted ON sessions (tenant, audit_seq) WHERE audit_seq IS NOT NULL;
