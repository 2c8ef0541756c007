-- How a company classifies a contact (a contract, a priority): shown beside them while they wait. `class_key` is what it is looked for by.
ALTER TABLE desk_customers ADD COLUMN class TEXT NOT NULL DEFAULT '';
ALTER TABLE desk_customers ADD COLUMN class_key TEXT NOT NULL DEFAULT '';
CREATE INDEX desk_customers_by_class ON desk_customers (tenant, class) WHERE class <> '';
