-- Connections to ticketing systems, which app uses which, what actions say, and outbox rows that a person has dropped.
CREATE TABLE connections (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    -- What may be shown; what may not is sealed with a key that is not in this database.
    settings   TEXT    NOT NULL CHECK (json_valid(settings)),
    sealed     BLOB    NOT NULL,
    -- Grows with each change, so that whoever holds a connection notices.
    revision   INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    -- Kept for the sessions that name it; its secrets are wiped.
    removed_at INTEGER
) STRICT;
CREATE INDEX connections_of_tenant ON connections (tenant, created_at);

-- Which ticketing system; NULL: the built-in desk. A session keeps the one its app had when it was dialled.
ALTER TABLE apps ADD COLUMN connection BLOB;
ALTER TABLE sessions ADD COLUMN connection BLOB;

CREATE TABLE action_templates (
    tenant BLOB NOT NULL REFERENCES tenants (id),
    kind   TEXT NOT NULL CHECK (kind IN ('start', 'end')),
    text   TEXT NOT NULL,
    PRIMARY KEY (tenant, kind)
) STRICT;

CREATE TABLE outbox_new (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL REFERENCES tenants (id),
    session      BLOB    NOT NULL REFERENCES sessions (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('start', 'end')),
    marker       TEXT    NOT NULL UNIQUE,
    order_key    TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'parked', 'dropped')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    uncertain    INTEGER NOT NULL DEFAULT 0,
    -- When an attempt last may have had its effect: what it wrote is visible some time after.
    uncertain_at INTEGER,
    due_at       INTEGER NOT NULL,
    leased_until INTEGER,
    why          TEXT,
    ticket       TEXT,
    external_id  TEXT,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER,
    UNIQUE (session, kind),
    CHECK ((state = 'leased') = (leased_until IS NOT NULL)),
    CHECK (state <> 'done' OR ticket IS NOT NULL)
) STRICT;
INSERT INTO outbox_new (id, tenant, session, kind, marker, order_key, state, attempts, uncertain, uncertain_at, due_at, leased_until,
                        why, ticket, external_id, created_at, settled_at)
    SELECT id, tenant, session, kind, marker, order_key, state, attempts, uncertain, CASE WHEN uncertain THEN created_at END, due_at,
           leased_until, why, ticket, external_id, created_at, settled_at FROM outbox ORDER BY id;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_unsettled ON outbox (id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_in_order ON outbox (tenant, order_key, id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_of_tenant ON outbox (tenant, state, id);
