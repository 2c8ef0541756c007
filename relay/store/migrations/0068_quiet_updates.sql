-- Whether an app's programs take new versions without a question, when nobody uses them.
ALTER TABLE apps ADD COLUMN quiet_updates INTEGER NOT NULL DEFAULT 0;
