-- A tax rate holds from its day on, and a store may ask less than the others: never more than the MRP, which the key carries along.
CREATE TABLE IF NOT EXISTS product_taxes (
  product_id UUID NOT NULL REFERENCES products (id),
  effective_from DATE NOT NULL,
  gst_bp INT8 NOT NULL CHECK (gst_bp BETWEEN 0 AND 4000),
  hsn TEXT NOT NULL CHECK (length(hsn) BETWEEN 4 AND 8),
  set_by TEXT NOT NULL,
  set_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (product_id, effective_from)
);

CREATE UNIQUE INDEX IF NOT EXISTS products_by_mrp ON products (id, mrp_paise);

CREATE TABLE IF NOT EXISTS store_prices (
  store_id UUID NOT NULL REFERENCES stores (id),
  product_id UUID NOT NULL,
  mrp_paise INT8 NOT NULL,
  price_paise INT8 NOT NULL CHECK (price_paise > 0),
  updated_by TEXT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (store_id, product_id),
  CHECK (price_paise <= mrp_paise),
  FOREIGN KEY (product_id, mrp_paise) REFERENCES products (id, mrp_paise) ON UPDATE CASCADE
);

CREATE INDEX IF NOT EXISTS store_prices_by_product ON store_prices (product_id, mrp_paise);
