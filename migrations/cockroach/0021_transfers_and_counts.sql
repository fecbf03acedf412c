-- Stock moves between stores and is counted; a movement, once written, is neither changed nor taken away.
CREATE TABLE IF NOT EXISTS stock_transfers (
  id UUID PRIMARY KEY,
  product_id UUID NOT NULL REFERENCES products (id),
  batch_no TEXT NOT NULL,
  from_store_id UUID NOT NULL REFERENCES stores (id),
  to_store_id UUID NOT NULL REFERENCES stores (id),
  quantity INT8 NOT NULL CHECK (quantity > 0),
  note TEXT,
  actor_uid TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CHECK (from_store_id <> to_store_id)
);

-- A count that found what was expected moves nothing, and is kept all the same.
CREATE TABLE IF NOT EXISTS stock_counts (
  id UUID PRIMARY KEY,
  batch_id UUID NOT NULL REFERENCES inventory_batches (id),
  counted INT8 NOT NULL CHECK (counted >= 0),
  on_hand INT8 NOT NULL CHECK (on_hand >= 0),
  reason TEXT NOT NULL CHECK (reason <> ''),
  actor_uid TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS stock_counts_by_batch ON stock_counts (batch_id, created_at);

-- The kinds grow: the old list goes by both names that the two databases gave it, and the new one comes with the column.
ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS stock_movements_kind_check;

ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS check_kind;

ALTER TABLE stock_movements ADD COLUMN IF NOT EXISTS transfer_id UUID REFERENCES stock_transfers (id) CHECK (
  kind IN ('receive', 'reserve', 'release', 'consume', 'sale', 'adjust', 'return', 'write_off', 'count', 'transfer_out', 'transfer_in')
  AND (kind IN ('transfer_out', 'transfer_in')) = (transfer_id IS NOT NULL)
);

-- A transfer has two sides, each once.
CREATE UNIQUE INDEX IF NOT EXISTS stock_movements_of_transfer ON stock_movements (transfer_id, kind) WHERE transfer_id IS NOT NULL;

-- PostgreSQL holds its owner to this; on CockroachDB an owner keeps all rights, so there the functions' role must not own the table.
REVOKE UPDATE, DELETE ON stock_movements FROM CURRENT_USER;
