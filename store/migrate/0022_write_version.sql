-- How many groups of writes changed something that processes may remember: when it moved
-- without them, they forget.
ALTER TABLE record_head ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
