-- Tags on tickets, canned answers, contacts with fields of the company's own, and what was written on tickets as it is looked for.
CREATE TABLE desk_tags (
    tenant  BLOB    NOT NULL,
    ticket  INTEGER NOT NULL,
    tag     TEXT    NOT NULL,
    -- As it is compared: without case and accents.
    tag_key TEXT    NOT NULL,
    PRIMARY KEY (tenant, ticket, tag_key),
    FOREIGN KEY (tenant, ticket) REFERENCES desk_tickets (tenant, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_tags_by_key ON desk_tags (tenant, tag_key);

CREATE TABLE canned_answers (
    id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant    BLOB    NOT NULL REFERENCES tenants (id),
    title     TEXT    NOT NULL,
    title_key TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    UNIQUE (tenant, title_key)
) STRICT;

-- What a company wants to know of its contacts beside what everybody does, in this order.
CREATE TABLE contact_fields (
    tenant BLOB NOT NULL PRIMARY KEY REFERENCES tenants (id),
    names  TEXT NOT NULL CHECK (json_valid(names))
) STRICT;
ALTER TABLE desk_customers ADD COLUMN extra TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(extra));
-- Two records of one person were put together: what finds this one finds that one.
ALTER TABLE desk_customers ADD COLUMN merged_into INTEGER REFERENCES desk_customers (id);

ALTER TABLE desk_actions ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE desk_actions SET search = lower(text);
