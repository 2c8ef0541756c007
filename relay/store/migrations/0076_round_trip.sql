-- How long a message between the two programs and its answer took through the server, as their connections knew it towards the end.
ALTER TABLE sessions ADD COLUMN round_trip_ms INTEGER;
