-- The word by which a company's people reach its login, where a server has several.
ALTER TABLE tenants ADD COLUMN word TEXT;
CREATE UNIQUE INDEX tenants_by_word ON tenants (word) WHERE word IS NOT NULL;
