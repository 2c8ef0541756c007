-- What a customer has allowed or taken back during a session, after what they allowed at its beginning: what, and when.
ALTER TABLE sessions ADD COLUMN changes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(changes));
