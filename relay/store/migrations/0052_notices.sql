-- Attendants who want to be told when a ticket's requester has the program open.
CREATE TABLE notices (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL,
    ticket       INTEGER NOT NULL,
    operator     BLOB    NOT NULL REFERENCES operators (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- The requester came, with this program.
    came_at      INTEGER,
    device       INTEGER,
    cancelled_at INTEGER,
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number),
    CHECK ((came_at IS NULL) = (device IS NULL))
) STRICT;
CREATE UNIQUE INDEX notices_open ON notices (tenant, ticket, operator) WHERE came_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX notices_came ON notices (operator, came_at) WHERE came_at IS NOT NULL;
