-- A company's name, language and time zone are changed in the console: grows with each change, and says who made the last one.
ALTER TABLE tenants ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tenants ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
UPDATE tenants SET changed_at = created_at;
