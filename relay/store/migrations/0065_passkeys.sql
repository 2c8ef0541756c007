-- Passkeys: what proves a user beside, or instead of, password and code. Public keys only.
CREATE TABLE passkeys (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    operator   BLOB    NOT NULL REFERENCES operators (id),
    name       TEXT    NOT NULL,
    -- What its authenticator calls it. Of one user only, whatever the company.
    credential BLOB    NOT NULL UNIQUE CHECK (length(credential) BETWEEN 1 AND 1023),
    -- As COSE has it.
    public_key BLOB    NOT NULL,
    -- How often its authenticator says it has signed; 0: it does not count.
    counter    INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX passkeys_of ON passkeys (operator);
