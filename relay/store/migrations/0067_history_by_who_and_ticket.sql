-- With a long history, the sessions of one attendant and of one ticket are found and not looked for.
CREATE INDEX sessions_of_attendant ON sessions (tenant, attendant) WHERE attendant IS NOT NULL;
CREATE INDEX sessions_by_ticket ON sessions (tenant, coalesce(ticket, choice_number));
