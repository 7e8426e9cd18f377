-- How often in a row the vendor has said that it has no such file.
ALTER TABLE awaited_files ADD COLUMN denials INTEGER NOT NULL DEFAULT 0;
-- By the vendor's clock, when somebody has chosen there last what to be sent.
ALTER TABLE handles ADD COLUMN chosen_at INTEGER;
