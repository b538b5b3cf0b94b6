-- Passwords that naru made for platforms. They are long and random, so a plain digest is
-- enough to know one again and tells nothing; the password itself is stored nowhere.
CREATE TABLE platform_credential (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id),
  digest TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  expires_at BIGINT NOT NULL DEFAULT 0,
  revoked_at BIGINT NOT NULL DEFAULT 0,
  revoked_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX platform_credential_account ON platform_credential (account, created_at);
-- The day a credential was last used: one write a day, not one a request.
CREATE TABLE platform_use (
  account TEXT NOT NULL REFERENCES account (id),
  credential TEXT NOT NULL,
  day TEXT NOT NULL,
  PRIMARY KEY (account, credential)
);
-- Until when the password that somebody chose for the account fits; 0 = for ever.
ALTER TABLE account ADD COLUMN password_until BIGINT NOT NULL DEFAULT 0;
