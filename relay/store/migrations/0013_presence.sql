-- Whether attendants take customers, change by change: what time in a status is counted from.
CREATE TABLE presence (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant   BLOB    NOT NULL REFERENCES tenants (id),
    operator BLOB    NOT NULL REFERENCES operators (id),
    at       INTEGER NOT NULL,
    status   TEXT    NOT NULL CHECK (status IN ('available', 'break', 'offline')),
    -- Of a break.
    reason   TEXT,
    CHECK ((status = 'break') = (reason IS NOT NULL))
) STRICT;
CREATE INDEX presence_of_tenant ON presence (tenant, at);
CREATE INDEX presence_of_operator ON presence (operator, id);
