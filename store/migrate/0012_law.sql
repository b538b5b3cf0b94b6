-- Instruments written here. What is published carries a mark; the highest mark tells
-- whether anything changed. pack and fact_archive keep by digest what a decision rests
-- on, so that it replays when texts and facts have changed.
CREATE TABLE instrument (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  title_ko TEXT NOT NULL,
  title_en TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  author TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  mark BIGINT NOT NULL DEFAULT 0,
  pack TEXT NOT NULL,
  cases TEXT NOT NULL
);
CREATE INDEX instrument_mark ON instrument (mark);
CREATE TABLE pack (
  digest TEXT PRIMARY KEY,
  form BYTEA NOT NULL
);
CREATE TABLE fact_archive (
  digest BYTEA PRIMARY KEY,
  facts TEXT NOT NULL
);
-- The mark of the estate moves with every change of a system or an institution.
CREATE TABLE estate (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  mark BIGINT NOT NULL
);
INSERT INTO estate (id, mark) VALUES (1, 0);
-- Exceptions that were asked for, and the ids of those a decision rests on.
CREATE TABLE exemption (
  id TEXT PRIMARY KEY,
  component TEXT NOT NULL,
  system TEXT NOT NULL,
  institution TEXT NOT NULL,
  venue TEXT NOT NULL,
  pack TEXT NOT NULL,
  rule TEXT NOT NULL,
  decides TEXT NOT NULL,
  hears TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  opinion TEXT NOT NULL,
  favours BOOLEAN NOT NULL,
  heard_by TEXT NOT NULL,
  heard_at BIGINT NOT NULL,
  conditions TEXT NOT NULL,
  decision TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  law TEXT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX exemption_system ON exemption (system, id);
CREATE INDEX exemption_institution ON exemption (institution, id);
ALTER TABLE decision ADD COLUMN exempt TEXT NOT NULL DEFAULT '';
CREATE INDEX decision_exempt ON decision (edition, system) WHERE exempt <> '';
-- Flips: a standing decision that came out otherwise than before, and why.
CREATE TABLE flip (
  id TEXT PRIMARY KEY,
  system TEXT NOT NULL,
  component TEXT NOT NULL,
  institution TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  causes BIGINT NOT NULL,
  law_before TEXT NOT NULL,
  law_after TEXT NOT NULL,
  facts_before BYTEA NOT NULL,
  facts_after BYTEA NOT NULL,
  as_of_before TEXT NOT NULL,
  as_of TEXT NOT NULL,
  entry BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX flip_institution ON flip (institution, id);
CREATE INDEX flip_system ON flip (system, id);
