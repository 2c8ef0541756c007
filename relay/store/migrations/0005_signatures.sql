-- What each end of a session has signed of the inner connection. Empty: it signed something that does not fit.
ALTER TABLE sessions ADD COLUMN customer_witness BLOB;
ALTER TABLE sessions ADD COLUMN attendant_witness BLOB;
