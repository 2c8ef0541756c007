-- Fields that a system has left out of a ticket that was opened there, without a word of its own: which, of which ticket, and when.
ALTER TABLE connections ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(left_out));
ALTER TABLE connections ADD COLUMN left_out_ticket TEXT;
ALTER TABLE connections ADD COLUMN left_out_at INTEGER;
