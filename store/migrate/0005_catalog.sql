-- What may be bought. Nothing is deleted: what left a catalogue is marked gone. The
-- venue and the synthetic mark of a service are those of its provider.
CREATE TABLE provider (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  venue TEXT NOT NULL,
  broker_url TEXT NOT NULL,
  broker_user TEXT NOT NULL,
  broker_password BYTEA NOT NULL,
  version BIGINT NOT NULL,
  synced_at BIGINT NOT NULL,
  fault TEXT NOT NULL,
  problems TEXT NOT NULL,
  synthetic BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX provider_broker ON provider (broker_url) WHERE broker_url <> '';
CREATE TABLE service (
  id TEXT PRIMARY KEY,
  provider TEXT NOT NULL REFERENCES provider (id),
  osb_id TEXT NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  doc TEXT NOT NULL,
  doc_en TEXT NOT NULL,
  search TEXT NOT NULL,
  category TEXT NOT NULL,
  region TEXT NOT NULL,
  meters TEXT NOT NULL,
  bindable BOOLEAN NOT NULL,
  unavailable TEXT NOT NULL,
  unavailable_en TEXT NOT NULL,
  gone BOOLEAN NOT NULL,
  wire BYTEA NOT NULL,
  UNIQUE (provider, osb_id)
);
CREATE INDEX service_slug ON service (slug, id);
CREATE TABLE certificate (
  service TEXT NOT NULL REFERENCES service (id),
  scheme TEXT NOT NULL,
  number TEXT NOT NULL,
  type TEXT NOT NULL,
  tier TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  PRIMARY KEY (service, scheme, number)
);
CREATE TABLE service_plan (
  id TEXT PRIMARY KEY,
  service TEXT NOT NULL REFERENCES service (id),
  osb_id TEXT NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  doc TEXT NOT NULL,
  doc_en TEXT NOT NULL,
  quota TEXT NOT NULL,
  gone BOOLEAN NOT NULL,
  wire BYTEA NOT NULL,
  UNIQUE (service, osb_id)
);
CREATE TABLE price (
  plan TEXT NOT NULL REFERENCES service_plan (id),
  meter TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  unit TEXT NOT NULL,
  rate TEXT NOT NULL,
  PRIMARY KEY (plan, meter, valid_from)
);
