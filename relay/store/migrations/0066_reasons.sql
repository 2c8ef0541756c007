-- Why an attempt came to nothing, as a word beside what was said: pages have words for it in every language.
ALTER TABLE outbox ADD COLUMN reason TEXT;
ALTER TABLE webhook_deliveries ADD COLUMN reason TEXT;
