-- Whether a session had administrator's rights, from when on: each time that it got them or lost them.
ALTER TABLE sessions ADD COLUMN rights TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rights));
