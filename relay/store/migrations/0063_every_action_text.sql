-- A company's own text for every kind of action, the later report and the missed request among them.
CREATE TABLE action_templates_new (
    tenant BLOB NOT NULL REFERENCES tenants (id),
    kind   TEXT NOT NULL CHECK (kind IN ('start', 'end', 'wrap_up', 'missed')),
    text   TEXT NOT NULL,
    PRIMARY KEY (tenant, kind)
) STRICT;
INSERT INTO action_templates_new (tenant, kind, text) SELECT tenant, kind, text FROM action_templates;
DROP TABLE action_templates;
ALTER TABLE action_templates_new RENAME TO action_templates;
