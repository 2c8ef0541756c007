-- What few lines or sessions of many have is found, and not looked for.

-- Lines of the audit log by any three letters of what they say: the log itself takes no column more. A line's place in the index is `row`.
CREATE TABLE audit_rows (
    row    INTEGER NOT NULL PRIMARY KEY,
    tenant BLOB    NOT NULL,
    seq    INTEGER NOT NULL,
    UNIQUE (tenant, seq)
) STRICT;
CREATE VIRTUAL TABLE audit_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='trigram');
CREATE INDEX audit_by_what ON audit (tenant, what);

CREATE INDEX sessions_by_category ON sessions (tenant, category) WHERE category IS NOT NULL;
CREATE INDEX sessions_by_result ON sessions (tenant, close_reason) WHERE close_reason IS NOT NULL;
