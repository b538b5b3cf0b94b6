-- The rules that were before who decided on an exception, as a JSON list: it lifts these
-- and no others.
ALTER TABLE exemption ADD COLUMN rules TEXT NOT NULL DEFAULT '[]';
