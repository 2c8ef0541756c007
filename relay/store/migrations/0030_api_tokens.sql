-- Tokens with which other systems use the API in a user's name. Only their hashes are kept.
CREATE TABLE api_tokens (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    operator   BLOB    NOT NULL REFERENCES operators (id),
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL CHECK (json_valid(scopes)),
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- Its last characters, so that whoever looks after it finds it again.
    hint       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    used_from  TEXT,
    revoked_at INTEGER
) STRICT;
CREATE INDEX api_tokens_of_tenant ON api_tokens (tenant, operator, id);
