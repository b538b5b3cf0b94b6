-- Decisions by edition: '' is the standing set, a date the set asked for as of that
-- date. Outcomes are words per venue, open is a bit per venue in the order of columns;
-- law and facts are digests that let a decision be computed again and compared.
CREATE TABLE law (
  digest TEXT PRIMARY KEY,
  packs TEXT NOT NULL
);
CREATE TABLE decision (
  edition TEXT NOT NULL,
  system TEXT NOT NULL,
  component TEXT NOT NULL,
  institution TEXT NOT NULL,
  kind TEXT NOT NULL,
  as_of TEXT NOT NULL,
  government TEXT NOT NULL,
  private TEXT NOT NULL,
  ppp TEXT NOT NULL,
  own TEXT NOT NULL,
  onsite TEXT NOT NULL,
  open BIGINT NOT NULL,
  hybrid BOOLEAN NOT NULL,
  law TEXT NOT NULL,
  facts BYTEA NOT NULL,
  version BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  PRIMARY KEY (edition, system, component)
);
