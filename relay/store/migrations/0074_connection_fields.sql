-- Which of what we know goes into which field of a ticket that is opened elsewhere: pairs of a field and what goes into it.
ALTER TABLE connections ADD COLUMN fields TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(fields));
