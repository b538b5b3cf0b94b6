-- What government runs. Facts are JSON objects in schema order; the columns beside
-- them repeat the few facts that lists and figures are grouped by.
CREATE TABLE institution (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  search TEXT NOT NULL,
  kind TEXT NOT NULL,
  ministry TEXT NOT NULL,
  parent TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  synthetic BOOLEAN NOT NULL,
  source TEXT NOT NULL
);
CREATE INDEX institution_parent ON institution (parent);
CREATE TABLE system (
  id TEXT PRIMARY KEY,
  institution TEXT NOT NULL REFERENCES institution (id),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  search TEXT NOT NULL,
  site TEXT NOT NULL,
  stage TEXT NOT NULL,
  grade BIGINT NOT NULL,
  yearly_cost BIGINT NOT NULL,
  components BIGINT NOT NULL,
  facts TEXT NOT NULL,
  digest TEXT NOT NULL,
  version BIGINT NOT NULL,
  source TEXT NOT NULL,
  synthetic BOOLEAN NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (institution, code)
);
CREATE TABLE component (
  id TEXT PRIMARY KEY,
  system TEXT NOT NULL REFERENCES system (id),
  seq BIGINT NOT NULL,
  name TEXT NOT NULL,
  facts TEXT NOT NULL
);
CREATE INDEX component_system ON component (system, seq);
CREATE INDEX system_code ON system (code, id);
