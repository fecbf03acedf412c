-- What ties systems together: idempotency keys, the outbox with one row per consumer, runs of the schedules that copy data.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  uid TEXT NOT NULL,
  key TEXT NOT NULL CHECK (length(key) BETWEEN 8 AND 100),
  fingerprint TEXT NOT NULL,
  answer TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (uid, key)
);

CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE IF NOT EXISTS outbox (
  id UUID PRIMARY KEY,
  shard INT8 NOT NULL,
  lane TEXT NOT NULL,
  position INT8 NOT NULL,
  event TEXT NOT NULL,
  consumer TEXT NOT NULL,
  key TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'dead')),
  attempts INT8 NOT NULL DEFAULT 0,
  available_at TIMESTAMPTZ NOT NULL,
  claimed_until TIMESTAMPTZ,
  claimed_by TEXT,
  last_error TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  delivered_at TIMESTAMPTZ
);

CREATE INDEX IF NOT EXISTS outbox_due ON outbox (available_at, position) WHERE status = 'pending';

CREATE INDEX IF NOT EXISTS outbox_lanes ON outbox (lane, consumer, position) WHERE status = 'pending';

CREATE INDEX IF NOT EXISTS outbox_dead ON outbox (created_at) WHERE status = 'dead';

CREATE INDEX IF NOT EXISTS outbox_done ON outbox (shard, delivered_at) WHERE status = 'done';

CREATE TABLE IF NOT EXISTS sync_runs (
  id UUID PRIMARY KEY,
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed')),
  records_processed INT8 NOT NULL DEFAULT 0,
  cursor TEXT,
  error_log TEXT,
  started_at TIMESTAMPTZ NOT NULL,
  finished_at TIMESTAMPTZ
);

CREATE INDEX IF NOT EXISTS sync_runs_latest ON sync_runs (source, destination, started_at DESC);

CREATE TABLE IF NOT EXISTS vendor_products (
  id UUID PRIMARY KEY,
  vendor TEXT NOT NULL,
  vendor_sku TEXT NOT NULL,
  vendor_name TEXT NOT NULL,
  product_id UUID REFERENCES products (id),
  confidence_score INT8 NOT NULL CHECK (confidence_score BETWEEN 0 AND 100),
  status TEXT NOT NULL CHECK (status IN ('matched', 'queued', 'refused')),
  candidates JSONB NOT NULL DEFAULT '[]',
  decided_by TEXT,
  last_verified TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (vendor, vendor_sku),
  CHECK (status <> 'matched' OR product_id IS NOT NULL)
);
