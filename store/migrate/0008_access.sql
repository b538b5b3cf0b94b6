-- What sign-in needs beside the account: which account changed when, how long a
-- session idles, and how often a name was tried in vain.
ALTER TABLE account ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN idle BIGINT NOT NULL DEFAULT 0;
CREATE INDEX session_account ON session (account);
CREATE TABLE sign_in_guard (
  name_digest TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  last_at BIGINT NOT NULL
);
