-- What an attendant says about a session when it is over.
-- 1: asked; the end waits a while for the answer. The answer has its time, also when nothing was said.
ALTER TABLE sessions ADD COLUMN wrap_up_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN wrapped_up_at INTEGER;
ALTER TABLE sessions ADD COLUMN category TEXT;
ALTER TABLE sessions ADD COLUMN solved INTEGER;
ALTER TABLE sessions ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- An answer that came when the end had been told already is told by itself.
CREATE TABLE outbox_new (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL REFERENCES tenants (id),
    session      BLOB    NOT NULL REFERENCES sessions (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('start', 'end', 'wrap_up', 'missed')),
    marker       TEXT    NOT NULL UNIQUE,
    order_key    TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'parked', 'dropped')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    uncertain    INTEGER NOT NULL DEFAULT 0,
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
    SELECT id, tenant, session, kind, marker, order_key, state, attempts, uncertain, uncertain_at, due_at, leased_until, why, ticket,
           external_id, created_at, settled_at FROM outbox ORDER BY id;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_unsettled ON outbox (id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_in_order ON outbox (tenant, order_key, id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_of_tenant ON outbox (tenant, state, id);
