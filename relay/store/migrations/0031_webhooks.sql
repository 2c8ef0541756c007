-- Addresses of other systems that are told what happens, and what each is still to be told. A message is written by the transaction
-- that it is about, with its whole text: sent again, it is the same.
CREATE TABLE webhooks (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant        BLOB    NOT NULL REFERENCES tenants (id),
    address       TEXT    NOT NULL,
    events        TEXT    NOT NULL CHECK (json_valid(events)),
    -- The secret (and for a day the one before), sealed with a key that is not in this database.
    sealed        BLOB    NOT NULL,
    failing_since INTEGER,
    -- It failed for too long, or a person has stopped it.
    disabled_at   INTEGER,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_of_tenant ON webhooks (tenant, id);

CREATE TABLE webhook_deliveries (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant       BLOB    NOT NULL REFERENCES tenants (id),
    webhook      INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    -- The webhook-id: the same event is told to a webhook once.
    message      TEXT    NOT NULL,
    event        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'leased', 'done', 'failed')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    leased_until INTEGER,
    why          TEXT,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER,
    UNIQUE (webhook, message),
    CHECK ((state = 'leased') = (leased_until IS NOT NULL))
) STRICT;
CREATE INDEX webhook_deliveries_unsettled ON webhook_deliveries (due_at) WHERE state IN ('pending', 'leased');
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (settled_at) WHERE state IN ('done', 'failed');
