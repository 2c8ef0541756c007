-- With a long history, sessions are found by any three letters of what is searched in: which sessions have them, and nothing else. What is
-- found is compared with the words themselves, so the index need not know where the letters stand.
CREATE VIRTUAL TABLE session_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='trigram');
INSERT INTO session_words (rowid, words) SELECT row, search || ' ' || coalesce(ticket, choice_number, '') FROM sessions;
CREATE TRIGGER session_words_new AFTER INSERT ON sessions BEGIN
    INSERT INTO session_words (rowid, words) VALUES (new.row, new.search || ' ' || coalesce(new.ticket, new.choice_number, ''));
END;
CREATE TRIGGER session_words_changed AFTER UPDATE OF search, ticket, choice_number ON sessions
WHEN new.search <> old.search OR coalesce(new.ticket, new.choice_number, '') <> coalesce(old.ticket, old.choice_number, '') BEGIN
    DELETE FROM session_words WHERE rowid = old.row;
    INSERT INTO session_words (rowid, words) VALUES (new.row, new.search || ' ' || coalesce(new.ticket, new.choice_number, ''));
END;
CREATE TRIGGER session_words_gone AFTER DELETE ON sessions BEGIN
    DELETE FROM session_words WHERE rowid = old.row;
END;
