-- The version of the broker API that a provider's broker takes, found or set by hand.
ALTER TABLE provider ADD COLUMN broker_version TEXT NOT NULL DEFAULT '';
ALTER TABLE provider ADD COLUMN version_set BOOLEAN NOT NULL DEFAULT FALSE;
