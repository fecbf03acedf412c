-- A recalled batch is sold by nobody from that moment on, and everybody whom it reached is found by its number.
CREATE TABLE IF NOT EXISTS recalls (
  id UUID PRIMARY KEY,
  product_id UUID NOT NULL REFERENCES products (id),
  batch_no TEXT NOT NULL CHECK (length(batch_no) BETWEEN 1 AND 40 AND batch_no = upper(batch_no)),
  reason TEXT NOT NULL CHECK (reason <> ''),
  recalled_by TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (product_id, batch_no)
);

ALTER TABLE inventory_batches ADD COLUMN IF NOT EXISTS recalled BOOL NOT NULL DEFAULT false;

-- People write a number as they read it off the label: ab-1 and AB-1 are one batch of the maker's.
CREATE INDEX IF NOT EXISTS inventory_by_number ON inventory_batches (product_id, upper(batch_no));

CREATE INDEX IF NOT EXISTS inventory_expiring ON inventory_batches (store_id, expires_on, id) WHERE on_hand > 0;

CREATE INDEX IF NOT EXISTS order_batches_reached ON order_batches (batch_id, order_id) INCLUDE (quantity, state);

DROP INDEX IF EXISTS order_batches_by_batch;

CREATE INDEX IF NOT EXISTS pos_sale_items_by_batch ON pos_sale_items (batch_id, sale_id);

CREATE OR REPLACE VIEW free_stock AS
SELECT store_id, product_id, expires_on, mrp_paise, on_hand - reserved AS free
  FROM inventory_batches WHERE on_hand > reserved AND NOT recalled;

-- Who rode with an order and what a person was told, as services below `delivery` and `whatsapp` may read it.
CREATE OR REPLACE VIEW order_riders AS
SELECT order_id, rider_uid FROM deliveries WHERE rider_uid IS NOT NULL;

CREATE OR REPLACE VIEW sent_notices AS
SELECT uid, template, subject, status, updated_at FROM notifications;
