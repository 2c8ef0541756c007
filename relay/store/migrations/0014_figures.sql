-- How long a customer had waited when somebody dialled, and what indicators are counted by.
ALTER TABLE sessions ADD COLUMN waited_ms INTEGER;
CREATE INDEX sessions_by_time ON sessions (tenant, dialled_at);
