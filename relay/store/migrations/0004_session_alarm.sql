-- The customer's alarm about a session, and an index that finds alarms of both kinds.
ALTER TABLE sessions ADD COLUMN alarm_at INTEGER;
DROP INDEX audit_alarms;
CREATE INDEX audit_alarms ON audit (tenant, at) WHERE what IN ('alarm.guessing', 'alarm.session');
