-- What is asked for beside a password: an authenticator's secret, and codes for when it is lost.
CREATE TABLE second_factors (
    operator  BLOB    NOT NULL PRIMARY KEY REFERENCES operators (id),
    -- Sealed with a key that is not in this database.
    sealed    BLOB    NOT NULL,
    -- The last time step whose code was used: it and those before are worth nothing any more.
    last_step INTEGER NOT NULL,
    since     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
    operator BLOB    NOT NULL REFERENCES operators (id),
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    used_at  INTEGER,
    PRIMARY KEY (operator, hash)
) STRICT, WITHOUT ROWID;

-- Companies whose users must have one.
CREATE TABLE second_factor_rules (
    tenant   BLOB    NOT NULL PRIMARY KEY REFERENCES tenants (id),
    required INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
