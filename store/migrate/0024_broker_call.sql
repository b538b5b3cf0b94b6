-- The journal of the calls that can change something at a provider, what was found amiss,
-- what was looked at live, and deletions that two people write off.
CREATE TABLE broker_call (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  binding TEXT NOT NULL,
  provider TEXT NOT NULL,
  institution TEXT NOT NULL,
  step TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL,
  code TEXT NOT NULL,
  status BIGINT NOT NULL,
  broker_code TEXT NOT NULL,
  broker_words TEXT NOT NULL,
  intended_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  settled_at BIGINT NOT NULL
);
CREATE INDEX broker_call_instance ON broker_call (instance, id);
CREATE INDEX broker_call_provider ON broker_call (provider, id);
CREATE INDEX broker_call_open ON broker_call (id) WHERE state <> 'settled';
CREATE TABLE finding (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  institution TEXT NOT NULL,
  system TEXT NOT NULL,
  order_id TEXT NOT NULL,
  instance TEXT NOT NULL,
  binding TEXT NOT NULL,
  why TEXT NOT NULL,
  action TEXT NOT NULL,
  state TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  acknowledged_at BIGINT NOT NULL,
  words TEXT NOT NULL
);
CREATE UNIQUE INDEX finding_open ON finding (provider, instance, binding, kind) WHERE state <> 'ended';
CREATE INDEX finding_instance ON finding (instance) WHERE state <> 'ended';
CREATE INDEX finding_institution ON finding (institution, id);
CREATE INDEX finding_provider ON finding (provider, id);
CREATE TABLE inspection (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  binding TEXT NOT NULL,
  provider TEXT NOT NULL,
  institution TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  found TEXT NOT NULL,
  status BIGINT NOT NULL,
  broker_code TEXT NOT NULL,
  broker_words TEXT NOT NULL,
  service TEXT NOT NULL,
  plan TEXT NOT NULL,
  dashboard TEXT NOT NULL,
  fault TEXT NOT NULL
);
CREATE INDEX inspection_instance ON inspection (instance, id);
CREATE TABLE write_off (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL,
  binding TEXT NOT NULL,
  provider TEXT NOT NULL,
  institution TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX write_off_open ON write_off (instance, binding) WHERE state = 'proposed';
CREATE INDEX write_off_institution ON write_off (institution, id);
-- What is not settled is few among many: the page of operations in flight reads only these.
CREATE INDEX instance_open ON instance (since, id) WHERE state NOT IN ('ready', 'failed', 'deleted', 'written_off');
CREATE INDEX binding_open ON binding (since, id) WHERE state NOT IN ('ready', 'failed', 'deleted', 'written_off');
-- An order carries one instance that is made or runs. One that was written off leaves it
-- free, and so does one that is being taken away: a census may have to delete again what
-- was thought gone, beside its successor.
DROP INDEX instance_order;
CREATE UNIQUE INDEX instance_order ON instance (order_id) WHERE state NOT IN ('failed', 'deleted', 'written_off', 'deleting', 'orphan');
CREATE INDEX instance_carried ON instance (order_id);
-- How a census counted, whom it could not look at, and where the next one goes on.
ALTER TABLE census ADD COLUMN way TEXT NOT NULL DEFAULT 'listing';
ALTER TABLE census ADD COLUMN looked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE census ADD COLUMN unseen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE census ADD COLUMN billed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE census ADD COLUMN through TEXT NOT NULL DEFAULT '';
-- The next attempt at an instance or a binding is the due time of its task.
CREATE INDEX task_subject ON task (subject);
