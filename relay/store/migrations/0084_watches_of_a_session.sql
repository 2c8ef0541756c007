-- Who watched a session is found among a long history, and not looked for.
CREATE INDEX sessions_watches ON sessions (tenant, watches) WHERE watches IS NOT NULL;
