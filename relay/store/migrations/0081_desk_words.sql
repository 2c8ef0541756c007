-- Of a long-used desk, tickets and contacts are found by any three letters, as sessions are: which of them have these, and nothing else. What
-- is found is compared with the words themselves.

-- A ticket's place, for the index of its words: in the order in which they were opened.
ALTER TABLE desk_tickets ADD COLUMN row INTEGER;
UPDATE desk_tickets SET row = rowid;
CREATE UNIQUE INDEX desk_tickets_by_row ON desk_tickets (row);
CREATE VIRTUAL TABLE desk_action_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='trigram');
INSERT INTO desk_action_words (rowid, words) SELECT id, search FROM desk_actions;
CREATE TRIGGER desk_action_words_new AFTER INSERT ON desk_actions BEGIN
    INSERT INTO desk_action_words (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER desk_action_words_changed AFTER UPDATE OF search ON desk_actions WHEN new.search <> old.search BEGIN
    DELETE FROM desk_action_words WHERE rowid = old.id;
    INSERT INTO desk_action_words (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER desk_action_words_gone AFTER DELETE ON desk_actions BEGIN
    DELETE FROM desk_action_words WHERE rowid = old.id;
END;
CREATE VIRTUAL TABLE desk_contact_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='trigram');
INSERT INTO desk_contact_words (rowid, words) SELECT id, search || ' ' || class_key FROM desk_customers;
CREATE TRIGGER desk_contact_words_new AFTER INSERT ON desk_customers BEGIN
    INSERT INTO desk_contact_words (rowid, words) VALUES (new.id, new.search || ' ' || new.class_key);
END;
CREATE TRIGGER desk_contact_words_changed AFTER UPDATE OF search, class_key ON desk_customers WHEN new.search || ' ' || new.class_key <> old.search || ' ' || old.class_key BEGIN
    DELETE FROM desk_contact_words WHERE rowid = old.id;
    INSERT INTO desk_contact_words (rowid, words) VALUES (new.id, new.search || ' ' || new.class_key);
END;
CREATE TRIGGER desk_contact_words_gone AFTER DELETE ON desk_customers BEGIN
    DELETE FROM desk_contact_words WHERE rowid = old.id;
END;
CREATE VIRTUAL TABLE desk_ticket_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='trigram');
INSERT INTO desk_ticket_words (rowid, words) SELECT row, search FROM desk_tickets;
CREATE TRIGGER desk_ticket_words_new AFTER INSERT ON desk_tickets BEGIN
    UPDATE desk_tickets SET row = (SELECT coalesce(max(row), 0) + 1 FROM desk_tickets)
        WHERE tenant = new.tenant AND number = new.number AND row IS NULL;
    INSERT INTO desk_ticket_words (rowid, words)
        SELECT row, search FROM desk_tickets WHERE tenant = new.tenant AND number = new.number;
END;
CREATE TRIGGER desk_ticket_words_changed AFTER UPDATE OF search ON desk_tickets WHEN new.search <> old.search BEGIN
    DELETE FROM desk_ticket_words WHERE rowid = old.row;
    INSERT INTO desk_ticket_words (rowid, words) VALUES (new.row, new.search);
END;
CREATE TRIGGER desk_ticket_words_gone AFTER DELETE ON desk_tickets BEGIN
    DELETE FROM desk_ticket_words WHERE rowid = old.row;
END;

-- What is to be done, newest first, beside many tickets that are done with.
CREATE INDEX desk_tickets_to_do ON desk_tickets (tenant, number) WHERE status IN ('new', 'open', 'waiting');
