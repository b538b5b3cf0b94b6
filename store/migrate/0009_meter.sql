-- Usage by instance, what was set aside, and the months that are complete.
CREATE TABLE usage_window (
  instance TEXT PRIMARY KEY,
  order_id TEXT NOT NULL,
  institution TEXT NOT NULL,
  provider TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL
);
CREATE INDEX usage_window_opened ON usage_window (opened_at);
CREATE TABLE usage_line (
  provider TEXT NOT NULL,
  line TEXT NOT NULL,
  instance TEXT NOT NULL,
  order_id TEXT NOT NULL,
  institution TEXT NOT NULL,
  meter TEXT NOT NULL,
  unit TEXT NOT NULL,
  quantity TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  month TEXT NOT NULL,
  late BOOLEAN NOT NULL,
  seen_at BIGINT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (provider, line)
);
CREATE INDEX usage_line_month ON usage_line (month, provider, line);
CREATE INDEX usage_line_instance ON usage_line (instance, from_at);
CREATE TABLE usage_aside (
  provider TEXT NOT NULL,
  digest TEXT NOT NULL,
  line TEXT NOT NULL,
  month TEXT NOT NULL,
  reason TEXT NOT NULL,
  reading TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  dismissed_by TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (provider, digest)
);
CREATE INDEX usage_aside_month ON usage_aside (month);
CREATE TABLE usage_explanation (
  instance TEXT NOT NULL,
  meter TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  by_user TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX usage_explanation_instance ON usage_explanation (instance);
CREATE TABLE usage_collection (
  provider TEXT PRIMARY KEY,
  state TEXT NOT NULL
);
CREATE TABLE usage_seal (
  month TEXT PRIMARY KEY,
  state TEXT NOT NULL
);
