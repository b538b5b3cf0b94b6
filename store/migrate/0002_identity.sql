-- People and platforms that may sign in, and their sessions.
CREATE TABLE account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  institution TEXT NOT NULL DEFAULT '',
  provider TEXT NOT NULL DEFAULT '',
  password TEXT NOT NULL,
  disabled BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE session (
  digest TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id),
  expires BIGINT NOT NULL
);
