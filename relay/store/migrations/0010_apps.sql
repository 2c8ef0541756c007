-- Several apps of a company, each with its people, hours, holidays, overflow and wrap-up.

ALTER TABLE operators ADD COLUMN may_create_apps INTEGER NOT NULL DEFAULT 0;
UPDATE operators SET may_create_apps = admin;

ALTER TABLE apps ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN welcome TEXT NOT NULL DEFAULT '';
-- Grows with each change: who writes names the one they have read.
ALTER TABLE apps ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE apps ADD COLUMN everyone_attends INTEGER NOT NULL DEFAULT 1;
ALTER TABLE apps ADD COLUMN availability TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(availability));
ALTER TABLE apps ADD COLUMN wrap_up TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(wrap_up));
ALTER TABLE apps ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
-- Four digits, each row another: 7919 and 9000 have no common divisor.
UPDATE apps SET name = title, changed_at = created_at, code = printf('%04d', 1000 + (rowid * 7919) % 9000);

-- What links to an app carry. A code that was replaced works until then.
CREATE TABLE app_codes (
    code        TEXT    NOT NULL PRIMARY KEY,
    app         BLOB    NOT NULL REFERENCES apps (id),
    valid_until INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO app_codes (code, app) SELECT code, id FROM apps;

CREATE TABLE app_people (
    app      BLOB    NOT NULL REFERENCES apps (id),
    operator BLOB    NOT NULL REFERENCES operators (id),
    role     TEXT    NOT NULL CHECK (role IN ('administrator', 'attendant')),
    -- Attendants: the order in which customers are offered.
    place    INTEGER NOT NULL,
    PRIMARY KEY (app, role, operator)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_people_of_operator ON app_people (operator);
