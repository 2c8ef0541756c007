-- Mail: a company's server, what its letters say, and letters that are to be sent.
CREATE TABLE mail_servers (
    tenant   BLOB NOT NULL PRIMARY KEY REFERENCES tenants (id),
    -- What may be shown; the password is sealed with a key that is not in this database.
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    sealed   BLOB NOT NULL
) STRICT;

CREATE TABLE mail_texts (
    tenant   BLOB NOT NULL REFERENCES tenants (id),
    language TEXT NOT NULL,
    subject  TEXT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (tenant, language)
) STRICT;

CREATE TABLE mails (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant     BLOB    NOT NULL,
    ticket     INTEGER NOT NULL,
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
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number)
) STRICT;
CREATE INDEX mails_due ON mails (due_at) WHERE state = 'pending';
CREATE INDEX mails_of_ticket ON mails (tenant, ticket);
