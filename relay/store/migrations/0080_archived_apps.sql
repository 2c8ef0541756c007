-- An app that is archived ends for its customers and attendants; its past stays. Who did it, and when.
ALTER TABLE apps ADD COLUMN archived_at INTEGER;
ALTER TABLE apps ADD COLUMN archived_by TEXT NOT NULL DEFAULT '';
-- Whether an app may be deleted is asked of its sessions.
CREATE INDEX sessions_of_app ON sessions (app);
