-- A delivery's code is kept keyed-hashed with its tries; a proof is unique by the id that the rider's app gave it.
CREATE TABLE IF NOT EXISTS deliveries (
  id UUID PRIMARY KEY,
  order_id UUID NOT NULL UNIQUE REFERENCES orders (id),
  store_id UUID NOT NULL REFERENCES stores (id),
  customer_uid TEXT NOT NULL,
  rider_uid TEXT,
  status TEXT NOT NULL CHECK (status IN ('unassigned', 'assigned', 'picked_up', 'arrived', 'delivered', 'failed', 'cancelled')),
  attempt_no INT8 NOT NULL DEFAULT 1 CHECK (attempt_no BETWEEN 1 AND 5),
  code_issue INT8 NOT NULL DEFAULT 0 CHECK (code_issue >= 0),
  code_hash TEXT,
  code_expires_at TIMESTAMPTZ,
  code_tries INT8 NOT NULL DEFAULT 0 CHECK (code_tries BETWEEN 0 AND 5),
  failed_reason TEXT,
  proof_kind TEXT CHECK (proof_kind IN ('otp', 'photo', 'signature')),
  flagged BOOL NOT NULL DEFAULT false,
  version INT8 NOT NULL DEFAULT 1,
  assigned_at TIMESTAMPTZ,
  picked_up_at TIMESTAMPTZ,
  arrived_at TIMESTAMPTZ,
  delivered_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (status IN ('unassigned', 'cancelled') OR rider_uid IS NOT NULL),
  CHECK (status <> 'delivered' OR proof_kind IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS deliveries_by_rider ON deliveries (rider_uid, status, created_at) WHERE rider_uid IS NOT NULL;

CREATE INDEX IF NOT EXISTS deliveries_by_store ON deliveries (store_id, status, created_at);

CREATE TABLE IF NOT EXISTS delivery_proofs (
  id UUID PRIMARY KEY,
  delivery_id UUID NOT NULL REFERENCES deliveries (id),
  client_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('otp', 'photo', 'signature')),
  outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'refused')),
  refusal TEXT,
  file_path TEXT,
  latitude FLOAT8,
  longitude FLOAT8,
  distance_m INT8 CHECK (distance_m >= 0),
  rider_uid TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (delivery_id, client_id)
);
