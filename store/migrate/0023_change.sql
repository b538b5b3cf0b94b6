-- Changes of instances: the values they have and are to get, and the orders they were
-- under before. Bindings that follow another, and that end.
ALTER TABLE instance ADD COLUMN next_order TEXT NOT NULL DEFAULT '';
ALTER TABLE instance ADD COLUMN maintenance TEXT NOT NULL DEFAULT '';
ALTER TABLE instance ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE instance ADD COLUMN metadata TEXT NOT NULL DEFAULT '';
ALTER TABLE instance ADD COLUMN change_state TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX instance_next_order ON instance (next_order) WHERE next_order <> '';
ALTER TABLE binding ADD COLUMN predecessor TEXT NOT NULL DEFAULT '';
ALTER TABLE binding ADD COLUMN resource TEXT NOT NULL DEFAULT '';
ALTER TABLE binding ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE binding ADD COLUMN renew_before BIGINT NOT NULL DEFAULT 0;
CREATE TABLE instance_term (
  instance TEXT NOT NULL REFERENCES instance (id),
  until_at BIGINT NOT NULL,
  order_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  PRIMARY KEY (instance, until_at)
);
