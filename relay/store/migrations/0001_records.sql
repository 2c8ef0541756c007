-- Ids are 16 random bytes, times are milliseconds since 1970 UTC, switches are 0 or 1, words are those of the Rust types.
-- A search column holds folded text (lower case, no accents) that a part of is looked for.

CREATE TABLE tenants (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT    NOT NULL,
    language    TEXT    NOT NULL,
    time_zone   TEXT    NOT NULL,
    -- The built-in desk's counter.
    next_ticket INTEGER NOT NULL DEFAULT 1001,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE setup_tokens (
    tenant     BLOB    NOT NULL PRIMARY KEY REFERENCES tenants (id),
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE apps (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    title      TEXT    NOT NULL,
    company    TEXT    NOT NULL,
    accent     TEXT    NOT NULL,
    phone      TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    fields     TEXT    NOT NULL CHECK (json_valid(fields)),
    logo_png   BLOB,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX apps_of_tenant ON apps (tenant, created_at);

CREATE TABLE operators (
    id                BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant            BLOB    NOT NULL REFERENCES tenants (id),
    login             TEXT    NOT NULL,
    -- In lower case: who they are whatever way it is typed.
    login_key         TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    password_hash     TEXT    NOT NULL,
    attend            INTEGER NOT NULL,
    admin             INTEGER NOT NULL,
    may_see_passwords INTEGER NOT NULL,
    disabled_at       INTEGER,
    created_at        INTEGER NOT NULL,
    UNIQUE (tenant, login_key)
) STRICT;

CREATE TABLE logins (
    hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    kind       TEXT    NOT NULL CHECK (kind IN ('console', 'program')),
    operator   BLOB    NOT NULL REFERENCES operators (id),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX logins_of_operator ON logins (operator);

CREATE TABLE device_ids (
    id          INTEGER NOT NULL PRIMARY KEY,
    tenant      BLOB    NOT NULL REFERENCES tenants (id),
    generation  INTEGER NOT NULL,
    released_at INTEGER
) STRICT;

-- The last protocol number of a tenant's day.
CREATE TABLE protocol_counters (
    tenant BLOB    NOT NULL REFERENCES tenants (id),
    day    TEXT    NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (tenant, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    row            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    tenant         BLOB    NOT NULL REFERENCES tenants (id),
    app            BLOB    NOT NULL REFERENCES apps (id),
    protocol       TEXT    NOT NULL,
    device         INTEGER NOT NULL,
    fields         TEXT    NOT NULL CHECK (json_valid(fields)),
    customer_name  TEXT    NOT NULL,
    attendant      BLOB    NOT NULL REFERENCES operators (id),
    attendant_name TEXT    NOT NULL,
    -- The chosen ticket; without one, what the new ticket is about.
    choice_number  TEXT,
    choice_subject TEXT    NOT NULL,
    ticket         TEXT,
    state          TEXT    NOT NULL CHECK (state IN ('dialling', 'started', 'ended', 'not_started')),
    may_view       INTEGER NOT NULL DEFAULT 0,
    may_control    INTEGER NOT NULL DEFAULT 0,
    dialled_at     INTEGER NOT NULL,
    started_at     INTEGER,
    ended_at       INTEGER,
    close_reason   TEXT,
    reconnects     INTEGER NOT NULL DEFAULT 0,
    search         TEXT    NOT NULL,
    UNIQUE (tenant, protocol),
    CHECK ((state IN ('started', 'ended')) = (started_at IS NOT NULL)),
    CHECK ((state IN ('ended', 'not_started')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (close_reason IS NULL))
) STRICT;
CREATE INDEX sessions_of_tenant ON sessions (tenant, row);
CREATE INDEX sessions_unfinished ON sessions (row) WHERE state IN ('dialling', 'started');

CREATE TABLE outbox (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL REFERENCES tenants (id),
    session      BLOB    NOT NULL REFERENCES sessions (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('start', 'end')),
    marker       TEXT    NOT NULL UNIQUE,
    order_key    TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'parked')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    uncertain    INTEGER NOT NULL DEFAULT 0,
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
CREATE INDEX outbox_unsettled ON outbox (id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_in_order ON outbox (tenant, order_key, id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_of_tenant ON outbox (tenant, state, id);

CREATE TABLE desk_customers (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL REFERENCES tenants (id),
    name         TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    company      TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    -- What they are found by; empty: not at all.
    email_key    TEXT    NOT NULL,
    document_key TEXT    NOT NULL,
    phone_key    TEXT    NOT NULL,
    name_key     TEXT    NOT NULL,
    search       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_customers_by_email ON desk_customers (tenant, email_key);
CREATE INDEX desk_customers_by_document ON desk_customers (tenant, document_key);
CREATE INDEX desk_customers_by_phone ON desk_customers (tenant, phone_key);
CREATE INDEX desk_customers_by_name ON desk_customers (tenant, name_key);

CREATE TABLE desk_tickets (
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    number     INTEGER NOT NULL,
    subject    TEXT    NOT NULL,
    requester  INTEGER NOT NULL REFERENCES desk_customers (id),
    owner      BLOB    REFERENCES operators (id),
    status     TEXT    NOT NULL CHECK (status IN ('new', 'open', 'waiting', 'resolved', 'closed')),
    opened_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search     TEXT    NOT NULL,
    PRIMARY KEY (tenant, number)
) STRICT;
CREATE INDEX desk_tickets_of_requester ON desk_tickets (requester, number);

CREATE TABLE desk_actions (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant      BLOB    NOT NULL,
    ticket      INTEGER NOT NULL,
    author      BLOB    REFERENCES operators (id),
    author_name TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    public      INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    marker      TEXT,
    session     BLOB    REFERENCES sessions (id),
    at          INTEGER NOT NULL,
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number),
    UNIQUE (tenant, marker)
) STRICT;
CREATE INDEX desk_actions_of_ticket ON desk_actions (tenant, ticket, id);

CREATE TABLE audit (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant   BLOB    NOT NULL REFERENCES tenants (id),
    operator BLOB,
    who      TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of_tenant ON audit (tenant, id);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

-- One row that is written again and again to see whether writing works.
CREATE TABLE health (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), written INTEGER NOT NULL) STRICT;
