-- Service instances and bindings with where their way has come to, sealed credentials,
-- and the censuses of providers.
CREATE TABLE instance (
  id TEXT PRIMARY KEY,
  order_id TEXT NOT NULL,
  institution TEXT NOT NULL,
  system TEXT NOT NULL,
  component TEXT NOT NULL,
  provider TEXT NOT NULL,
  service TEXT NOT NULL,
  plan TEXT NOT NULL,
  params TEXT NOT NULL,
  digest TEXT NOT NULL,
  platform TEXT NOT NULL,
  platform_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  dashboard TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  ready_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  synthetic BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  operation TEXT NOT NULL,
  call_id TEXT NOT NULL,
  unsure BOOLEAN NOT NULL,
  attempts BIGINT NOT NULL,
  since BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  fault TEXT NOT NULL,
  trouble TEXT NOT NULL
);
CREATE INDEX instance_institution ON instance (institution, id);
CREATE INDEX instance_provider ON instance (provider, id);
CREATE INDEX instance_system ON instance (system, id);
CREATE UNIQUE INDEX instance_order ON instance (order_id) WHERE state NOT IN ('failed', 'deleted');
CREATE INDEX instance_platform ON instance (platform, platform_id, id);
CREATE TABLE binding (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL REFERENCES instance (id),
  params TEXT NOT NULL,
  digest TEXT NOT NULL,
  platform_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  ready_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  operation TEXT NOT NULL,
  call_id TEXT NOT NULL,
  unsure BOOLEAN NOT NULL,
  attempts BIGINT NOT NULL,
  since BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  fault TEXT NOT NULL,
  trouble TEXT NOT NULL
);
CREATE INDEX binding_instance ON binding (instance, id);
CREATE TABLE binding_secret (
  binding TEXT PRIMARY KEY REFERENCES binding (id),
  sealed BYTEA NOT NULL
);
CREATE TABLE census (
  id TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  at BIGINT NOT NULL,
  held BIGINT NOT NULL,
  known BIGINT NOT NULL,
  findings TEXT NOT NULL,
  fault TEXT NOT NULL
);
CREATE INDEX census_provider ON census (provider, id);
