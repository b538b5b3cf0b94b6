-- Why and by whom an exception was withdrawn or revoked, beside why it was granted.
ALTER TABLE exemption ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE exemption ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE exemption ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
