-- What a session's page shows of the audit log: its lines, by what they are about.
CREATE INDEX audit_about ON audit (tenant, subject);
