-- no-transaction
-- Requests that nobody took are sessions that have no attendant and never began.
--
-- Other tables point at this one, which SQLite only lets us make anew with its checks of that switched off; that cannot be done inside a
-- transaction, so the transaction is in here. Broken off before its end, all of it is done again and comes to the same.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS sessions_new;
CREATE TABLE sessions_new (
    row               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id                BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    tenant            BLOB    NOT NULL REFERENCES tenants (id),
    app               BLOB    NOT NULL REFERENCES apps (id),
    protocol          TEXT    NOT NULL,
    device            INTEGER NOT NULL,
    fields            TEXT    NOT NULL CHECK (json_valid(fields)),
    customer_name     TEXT    NOT NULL,
    attendant         BLOB    REFERENCES operators (id),
    attendant_name    TEXT    NOT NULL,
    -- The chosen ticket; without one, what the new ticket is about.
    choice_number     TEXT,
    choice_subject    TEXT    NOT NULL,
    ticket            TEXT,
    state             TEXT    NOT NULL CHECK (state IN ('dialling', 'started', 'ended', 'not_started', 'missed')),
    may_view          INTEGER NOT NULL DEFAULT 0,
    may_control       INTEGER NOT NULL DEFAULT 0,
    -- Of a missed request: since when the customer waited.
    dialled_at        INTEGER NOT NULL,
    started_at        INTEGER,
    ended_at          INTEGER,
    -- Of a missed request: why nobody took it.
    close_reason      TEXT,
    reconnects        INTEGER NOT NULL DEFAULT 0,
    search            TEXT    NOT NULL,
    -- Where the chain stood when the session's end was written.
    audit_seq         INTEGER,
    audit_hash        BLOB,
    alarm_at          INTEGER,
    customer_witness  BLOB,
    attendant_witness BLOB,
    connection        BLOB,
    wrap_up_asked     INTEGER NOT NULL DEFAULT 0,
    wrapped_up_at     INTEGER,
    category          TEXT,
    solved            INTEGER,
    -- The attendant's; of a missed request the customer's.
    note              TEXT    NOT NULL DEFAULT '',
    UNIQUE (tenant, protocol),
    CHECK ((attendant IS NULL) = (state = 'missed')),
    CHECK ((state IN ('started', 'ended')) = (started_at IS NOT NULL)),
    CHECK ((state IN ('ended', 'not_started', 'missed')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (close_reason IS NULL))
) STRICT;
INSERT INTO sessions_new
       (row, id, tenant, app, protocol, device, fields, customer_name, attendant, attendant_name, choice_number, choice_subject, ticket, state,
        may_view, may_control, dialled_at, started_at, ended_at, close_reason, reconnects, search, audit_seq, audit_hash, alarm_at,
        customer_witness, attendant_witness, connection, wrap_up_asked, wrapped_up_at, category, solved, note)
    SELECT
        row, id, tenant, app, protocol, device, fields, customer_name, attendant, attendant_name, choice_number, choice_subject, ticket, state,
        may_view, may_control, dialled_at, started_at, ended_at, close_reason, reconnects, search, audit_seq, audit_hash, alarm_at,
        customer_witness, attendant_witness, connection, wrap_up_asked, wrapped_up_at, category, solved, note
    FROM sessions ORDER BY row;
DROP TABLE sessions;
ALTER TABLE sessions_new RENAME TO sessions;
CREATE INDEX sessions_of_tenant ON sessions (tenant, row);
CREATE INDEX sessions_unfinished ON sessions (row) WHERE state IN ('dialling', 'started');
CREATE INDEX sessions_noted ON sessions (tenant, audit_seq) WHERE audit_seq IS NOT NULL;
COMMIT;
PRAGMA foreign_keys = ON;
