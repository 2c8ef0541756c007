-- What a company's actions say, in each language it may write in. What it has said so far was said in the language it has now.
-- Without a text the standing one is said; that row is kept for who has put it back, and when.
CREATE TABLE action_templates_new (
    tenant     BLOB    NOT NULL REFERENCES tenants (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('start', 'end', 'wrap_up', 'missed')),
    language   TEXT    NOT NULL,
    text       TEXT,
    changed_at INTEGER NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (tenant, kind, language)
) STRICT;
INSERT INTO action_templates_new (tenant, kind, language, text, changed_at, changed_by)
    SELECT a.tenant, a.kind, t.language, a.text, 0, '' FROM action_templates a JOIN tenants t ON t.id = a.tenant;
DROP TABLE action_templates;
ALTER TABLE action_templates_new RENAME TO action_templates;

-- How much is still to be told is asked for again and again, and must not look at all that was ever told.
CREATE INDEX outbox_waiting ON outbox (state, due_at) WHERE state IN ('pending', 'leased', 'parked');
