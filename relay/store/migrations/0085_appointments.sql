-- Returns: a time at which somebody is to be back on a ticket.
CREATE TABLE appointments (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL,
    ticket       INTEGER NOT NULL,
    operator     BLOB    NOT NULL REFERENCES operators (id),
    at           INTEGER NOT NULL,
    note         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    told_at      INTEGER,
    cancelled_at INTEGER,
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number)
) STRICT;
CREATE INDEX appointments_due ON appointments (at) WHERE told_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX appointments_of_ticket ON appointments (tenant, ticket) WHERE told_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX appointments_of_operator ON appointments (operator, at) WHERE told_at IS NULL AND cancelled_at IS NULL;
