-- Runs of the admission bench over providers' brokers, and reports that providers handed in.
CREATE TABLE admission (
  id TEXT PRIMARY KEY,
  provider TEXT NOT NULL REFERENCES provider (id),
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  service TEXT NOT NULL DEFAULT '',
  plans TEXT NOT NULL DEFAULT '[]',
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  started_at BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT NOT NULL DEFAULT 0,
  fault TEXT NOT NULL DEFAULT '',
  score TEXT NOT NULL DEFAULT '',
  report TEXT NOT NULL DEFAULT ''
);
CREATE INDEX admission_provider ON admission (provider, requested_at);
-- The score that stands on a provider's card.
CREATE TABLE admission_score (
  provider TEXT PRIMARY KEY REFERENCES provider (id),
  score TEXT NOT NULL
);
