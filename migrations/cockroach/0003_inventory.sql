-- Stock by batch: what is promised can never exceed what is there, and every change of either leaves a movement.
CREATE TABLE IF NOT EXISTS inventory_batches (
  id UUID PRIMARY KEY,
  store_id UUID NOT NULL REFERENCES stores (id),
  product_id UUID NOT NULL REFERENCES products (id),
  batch_no TEXT NOT NULL CHECK (length(batch_no) BETWEEN 1 AND 40),
  expires_on DATE NOT NULL,
  mrp_paise INT8 NOT NULL CHECK (mrp_paise > 0),
  on_hand INT8 NOT NULL CHECK (on_hand >= 0),
  reserved INT8 NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  UNIQUE (store_id, product_id, batch_no),
  CHECK (reserved <= on_hand)
);

CREATE INDEX IF NOT EXISTS inventory_fefo ON inventory_batches (store_id, product_id, expires_on, id) INCLUDE (on_hand, reserved);

CREATE TABLE IF NOT EXISTS stock_movements (
  id UUID PRIMARY KEY,
  batch_id UUID NOT NULL REFERENCES inventory_batches (id),
  kind TEXT NOT NULL CHECK (kind IN ('receive', 'reserve', 'release', 'consume', 'sale', 'adjust', 'return', 'write_off')),
  on_hand_change INT8 NOT NULL,
  reserved_change INT8 NOT NULL,
  reference TEXT NOT NULL,
  reason TEXT,
  actor_uid TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CHECK (on_hand_change <> 0 OR reserved_change <> 0)
);

CREATE INDEX IF NOT EXISTS stock_movements_by_batch ON stock_movements (batch_id, created_at);

CREATE INDEX IF NOT EXISTS stock_movements_by_reference ON stock_movements (reference);
