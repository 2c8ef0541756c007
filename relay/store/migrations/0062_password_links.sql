-- Links by which somebody chooses their own password, once: whoever is invited, and whoever has forgotten theirs.
CREATE TABLE password_links (
    hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    operator   BLOB    NOT NULL REFERENCES operators (id),
    expires_at INTEGER NOT NULL
) STRICT;
-- A new link takes the place of the one before.
CREATE UNIQUE INDEX password_links_of_operator ON password_links (operator);
