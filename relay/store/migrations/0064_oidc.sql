-- Login by OpenID Connect: a company's provider, and whose its identities are.
CREATE TABLE oidc_providers (
    tenant   BLOB NOT NULL PRIMARY KEY REFERENCES tenants (id),
    -- What may be shown; the client's secret is sealed with a key that is not in this database.
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    sealed   BLOB NOT NULL
) STRICT;

-- An identity is what its issuer calls it, and nothing else: no name, no e-mail address.
CREATE TABLE oidc_identities (
    tenant    BLOB    NOT NULL REFERENCES tenants (id),
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    operator  BLOB    NOT NULL UNIQUE REFERENCES operators (id),
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, issuer, subject)
) STRICT, WITHOUT ROWID;

-- The provider has asked for a second factor at this login, and the company takes its word for it.
ALTER TABLE logins ADD COLUMN factor_elsewhere INTEGER NOT NULL DEFAULT 0;
