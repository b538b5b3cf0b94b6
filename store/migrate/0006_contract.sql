-- Buying: yearly budgets, orders with their frozen prices, and what was paid of them.
CREATE TABLE budget (
  institution TEXT NOT NULL REFERENCES institution (id),
  year BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  held BIGINT NOT NULL CHECK (held >= 0),
  spent BIGINT NOT NULL CHECK (spent >= 0),
  version BIGINT NOT NULL,
  PRIMARY KEY (institution, year),
  CHECK (held + spent <= amount)
);
CREATE TABLE purchase (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  institution TEXT NOT NULL REFERENCES institution (id),
  system TEXT NOT NULL REFERENCES system (id),
  component TEXT NOT NULL,
  provider TEXT NOT NULL REFERENCES provider (id),
  service TEXT NOT NULL REFERENCES service (id),
  plan TEXT NOT NULL REFERENCES service_plan (id),
  track TEXT NOT NULL,
  purpose TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  hold BIGINT NOT NULL,
  held BIGINT NOT NULL CHECK (held >= 0),
  spent BIGINT NOT NULL CHECK (spent >= 0),
  prices TEXT NOT NULL,
  basis TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  synthetic BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (institution, key)
);
CREATE INDEX purchase_institution ON purchase (institution, id);
CREATE INDEX purchase_provider ON purchase (provider, id);
CREATE INDEX purchase_system ON purchase (system, id);
CREATE TABLE purchase_payment (
  purchase TEXT NOT NULL REFERENCES purchase (id),
  ref TEXT NOT NULL,
  from_hold BIGINT NOT NULL,
  from_free BIGINT NOT NULL,
  short BIGINT NOT NULL,
  PRIMARY KEY (purchase, ref)
);
