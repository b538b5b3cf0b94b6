-- Plans that somebody kept: inputs and sums as JSON, and the digest of every row. An
-- institution of '' is the nation.
CREATE TABLE kept_plan (
  id TEXT PRIMARY KEY,
  institution TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (institution, name)
);
