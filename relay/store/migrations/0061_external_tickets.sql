-- Notices on tickets of other systems too, with what was known of the ticket then, and which of those tickets are closed as far as it
-- was told. Letters about a ticket of another system belong to no ticket of the desk.
CREATE TABLE notices_new (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant        BLOB    NOT NULL REFERENCES tenants (id),
    -- The built-in desk's ticket, or
    ticket        INTEGER,
    -- that of another system.
    connection    BLOB    REFERENCES connections (id),
    number        TEXT,
    seen_subject  TEXT,
    seen_name     TEXT,
    seen_email    TEXT,
    seen_company  TEXT,
    seen_phone    TEXT,
    seen_document TEXT,
    operator      BLOB    NOT NULL REFERENCES operators (id),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    -- The requester came, with this program.
    came_at       INTEGER,
    device        INTEGER,
    cancelled_at  INTEGER,
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number),
    CHECK ((ticket IS NULL) = (connection IS NOT NULL)),
    CHECK ((connection IS NULL) = (number IS NULL)),
    CHECK ((came_at IS NULL) = (device IS NULL))
) STRICT;
INSERT INTO notices_new (id, tenant, ticket, operator, created_at, expires_at, came_at, device, cancelled_at)
    SELECT id, tenant, ticket, operator, created_at, expires_at, came_at, device, cancelled_at FROM notices;
DROP TABLE notices;
ALTER TABLE notices_new RENAME TO notices;
CREATE UNIQUE INDEX notices_open ON notices (tenant, ticket, operator)
    WHERE ticket IS NOT NULL AND came_at IS NULL AND cancelled_at IS NULL;
CREATE UNIQUE INDEX notices_open_elsewhere ON notices (connection, number, operator)
    WHERE connection IS NOT NULL AND came_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX notices_came ON notices (operator, came_at) WHERE came_at IS NOT NULL;

CREATE TABLE closed_tickets (
    connection BLOB    NOT NULL REFERENCES connections (id),
    number     TEXT    NOT NULL,
    closed_at  INTEGER NOT NULL,
    PRIMARY KEY (connection, number)
) STRICT, WITHOUT ROWID;

-- Sessions of one ticket are asked for by each page of a ticket.
CREATE INDEX sessions_of_ticket ON sessions (tenant, ticket) WHERE ticket IS NOT NULL;

CREATE TABLE mails_new (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    -- NULL: it tells something about a ticket of another system.
    ticket     INTEGER,
    -- NULL: it tells no action but something about the ticket.
    action     INTEGER REFERENCES desk_actions (id),
    recipient  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    -- The same however often it is sent: who gets it twice can tell.
    message_id TEXT    NOT NULL UNIQUE,
    state      TEXT    NOT NULL CHECK (state IN ('pending', 'sent', 'parked')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,
    why        TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number),
    CHECK (ticket IS NOT NULL OR action IS NULL)
) STRICT;
INSERT INTO mails_new (id, tenant, ticket, action, recipient, name, subject, text, message_id, state, attempts, due_at, why, created_at, settled_at)
    SELECT id, tenant, ticket, action, recipient, name, subject, text, message_id, state, attempts, due_at, why, created_at, settled_at FROM mails;
DROP TABLE mails;
ALTER TABLE mails_new RENAME TO mails;
CREATE INDEX mails_due ON mails (due_at) WHERE state = 'pending';
CREATE INDEX mails_of_ticket ON mails (tenant, ticket);
