-- A counter sale: the till's own id makes it unique, and its lines take from the same batches as orders do.
CREATE TABLE IF NOT EXISTS pos_sales (
  id UUID PRIMARY KEY,
  store_id UUID NOT NULL REFERENCES stores (id),
  client_sale_id TEXT NOT NULL CHECK (length(client_sale_id) BETWEEN 1 AND 64),
  cashier_uid TEXT NOT NULL,
  payment_method TEXT NOT NULL CHECK (payment_method IN ('cash', 'card', 'upi')),
  prescriber_registration TEXT,
  pharmacist_registration TEXT,
  total_paise INT8 NOT NULL CHECK (total_paise > 0),
  tax_paise INT8 NOT NULL CHECK (tax_paise >= 0),
  sold_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  UNIQUE (store_id, client_sale_id)
);

CREATE INDEX IF NOT EXISTS pos_sales_by_day ON pos_sales (store_id, sold_at, id);

CREATE TABLE IF NOT EXISTS pos_sale_items (
  sale_id UUID NOT NULL REFERENCES pos_sales (id),
  line_no INT8 NOT NULL CHECK (line_no BETWEEN 1 AND 50),
  product_id UUID NOT NULL REFERENCES products (id),
  batch_id UUID NOT NULL REFERENCES inventory_batches (id),
  name TEXT NOT NULL,
  quantity INT8 NOT NULL CHECK (quantity BETWEEN 1 AND 100),
  mrp_paise INT8 NOT NULL,
  price_paise INT8 NOT NULL CHECK (price_paise > 0),
  gst_bp INT8 NOT NULL,
  total_paise INT8 NOT NULL CHECK (total_paise > 0),
  tax_paise INT8 NOT NULL CHECK (tax_paise >= 0),
  PRIMARY KEY (sale_id, line_no),
  CHECK (price_paise <= mrp_paise),
  CHECK (total_paise = price_paise * quantity)
);
