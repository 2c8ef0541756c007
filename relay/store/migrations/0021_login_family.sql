-- What stays the same when a console session is given a new token: its forms and live pages go on.
ALTER TABLE logins ADD COLUMN family BLOB CHECK (length(family) = 16);
UPDATE logins SET family = randomblob(16) WHERE kind = 'console';
CREATE UNIQUE INDEX logins_of_family ON logins (family) WHERE family IS NOT NULL;
