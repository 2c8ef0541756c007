-- Of two who change a contact the second is told: grows with each change.
ALTER TABLE desk_customers ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
-- A telephone number is the same with and without what is dialled before it: noughts, and the country's 55.
UPDATE desk_customers SET phone_key = ltrim(phone_key, '0') WHERE phone_key LIKE '0%';
UPDATE desk_customers SET phone_key = substr(phone_key, 3) WHERE phone_key LIKE '55%' AND length(phone_key) IN (12, 13);
UPDATE desk_customers SET phone_key = '' WHERE length(phone_key) < 8;
