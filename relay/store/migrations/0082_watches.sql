-- A session in which somebody watched another one: the protocol number of that one. It is no session that helped, and is not counted as one.
ALTER TABLE sessions ADD COLUMN watches TEXT;
-- Attendants who may watch sessions of the apps that they attend; administrators of an app may.
ALTER TABLE operators ADD COLUMN may_watch INTEGER NOT NULL DEFAULT 0;
