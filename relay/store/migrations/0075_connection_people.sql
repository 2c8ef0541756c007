-- Who an attendant is in that system, by the attendant's id; who is not listed is looked for by e-mail address.
ALTER TABLE connections ADD COLUMN people TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(people));
