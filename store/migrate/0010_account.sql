-- Statements and the closing of months.
CREATE TABLE account_close (
  month TEXT PRIMARY KEY,
  state TEXT NOT NULL
);
CREATE TABLE account_statement (
  id TEXT PRIMARY KEY,
  month TEXT NOT NULL,
  institution TEXT NOT NULL REFERENCES institution (id),
  approved BOOLEAN NOT NULL,
  state TEXT NOT NULL
);
CREATE INDEX account_statement_month ON account_statement (month, institution);
CREATE TABLE account_line (
  statement TEXT NOT NULL REFERENCES account_statement (id),
  order_id TEXT NOT NULL REFERENCES purchase (id),
  provider TEXT NOT NULL REFERENCES provider (id),
  amount BIGINT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (statement, order_id)
);
CREATE INDEX account_line_provider ON account_line (provider);
CREATE TABLE account_adjustment (
  id TEXT PRIMARY KEY,
  charged TEXT NOT NULL,
  state TEXT NOT NULL
);
