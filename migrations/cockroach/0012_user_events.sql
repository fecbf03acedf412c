-- What people did, once per event id, and the daily counts that popularity is made of.
CREATE TABLE IF NOT EXISTS user_sessions (
  uid TEXT NOT NULL,
  id TEXT NOT NULL,
  platform TEXT NOT NULL CHECK (platform IN ('web', 'ios', 'android')),
  started_at TIMESTAMPTZ NOT NULL,
  last_seen_at TIMESTAMPTZ NOT NULL,
  ended_at TIMESTAMPTZ,
  PRIMARY KEY (uid, id),
  CHECK (ended_at IS NULL OR ended_at >= started_at)
);

CREATE INDEX IF NOT EXISTS user_sessions_open ON user_sessions (last_seen_at) WHERE ended_at IS NULL;

CREATE INDEX IF NOT EXISTS user_sessions_by_uid ON user_sessions (uid, started_at DESC, id);

CREATE TABLE IF NOT EXISTS user_events (
  uid TEXT NOT NULL,
  id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  name TEXT NOT NULL,
  product_id UUID,
  order_id UUID,
  query TEXT,
  happened_at TIMESTAMPTZ NOT NULL,
  received_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (uid, id)
);

CREATE INDEX IF NOT EXISTS user_events_by_session ON user_events (uid, session_id, happened_at, id);

CREATE INDEX IF NOT EXISTS user_events_by_age ON user_events (received_at);

CREATE TABLE IF NOT EXISTS product_signals (
  product_id UUID NOT NULL,
  day DATE NOT NULL,
  views INT8 NOT NULL DEFAULT 0 CHECK (views >= 0),
  cart_additions INT8 NOT NULL DEFAULT 0 CHECK (cart_additions >= 0),
  purchases INT8 NOT NULL DEFAULT 0 CHECK (purchases >= 0),
  PRIMARY KEY (product_id, day)
);
