-- The record: entries are the leaves of the Merkle tree, tiles its stored hashes.
CREATE TABLE record_entry (
  idx BIGINT PRIMARY KEY,
  op TEXT NOT NULL,
  leaf BYTEA NOT NULL,
  hash BYTEA NOT NULL
);
CREATE TABLE record_tile (
  level BIGINT NOT NULL,
  number BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, number)
);
CREATE TABLE record_head (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  size BIGINT NOT NULL
);
INSERT INTO record_head (id, size) VALUES (1, 0);
CREATE TABLE record_subject (
  subject TEXT NOT NULL,
  idx BIGINT NOT NULL,
  PRIMARY KEY (subject, idx)
);
CREATE TABLE record_checkpoint (
  size BIGINT PRIMARY KEY,
  note BYTEA NOT NULL
);
CREATE TABLE follower (
  name TEXT PRIMARY KEY,
  next BIGINT NOT NULL
);
CREATE TABLE task (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  due BIGINT NOT NULL,
  leased_until BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0,
  fault TEXT NOT NULL DEFAULT ''
);
CREATE INDEX task_due ON task (due);
