-- An order freezes what was agreed: prices, shares of discount, tax. The sums are checked by the schema, not only by the code.
CREATE TABLE IF NOT EXISTS orders (
  id UUID PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  uid TEXT NOT NULL,
  store_id UUID NOT NULL REFERENCES stores (id),
  status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')),
  payment_method TEXT NOT NULL CHECK (payment_method IN ('razorpay', 'cod')),
  payment_status TEXT NOT NULL CHECK (payment_status IN ('pending', 'captured', 'cod_due', 'partially_refunded', 'refunded')),
  prescription_status TEXT NOT NULL CHECK (prescription_status IN ('not_needed', 'awaited', 'approved')),
  delivery_status TEXT NOT NULL DEFAULT 'none' CHECK (delivery_status IN ('none', 'unassigned', 'assigned', 'picked_up', 'arrived', 'delivered', 'failed', 'cancelled')),
  prescription_id UUID REFERENCES prescriptions (id),
  items_paise INT8 NOT NULL CHECK (items_paise > 0),
  discount_paise INT8 NOT NULL CHECK (discount_paise >= 0 AND discount_paise <= items_paise),
  delivery_paise INT8 NOT NULL CHECK (delivery_paise >= 0),
  tax_paise INT8 NOT NULL CHECK (tax_paise >= 0),
  total_paise INT8 NOT NULL CHECK (total_paise >= 0),
  coupon_code TEXT,
  address_id UUID NOT NULL,
  address JSONB NOT NULL,
  place_of_supply TEXT NOT NULL CHECK (length(place_of_supply) = 2),
  latitude FLOAT8 NOT NULL,
  longitude FLOAT8 NOT NULL,
  promised_minutes INT8 NOT NULL CHECK (promised_minutes > 0),
  expires_at TIMESTAMPTZ,
  confirmed_at TIMESTAMPTZ,
  cancelled_reason TEXT,
  version INT8 NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (total_paise = items_paise - discount_paise + delivery_paise),
  CHECK (status = 'pending' OR status = 'cancelled' OR (payment_status <> 'pending' AND prescription_status <> 'awaited')),
  CHECK (status <> 'pending' OR expires_at IS NOT NULL)
);

CREATE INDEX IF NOT EXISTS orders_by_uid ON orders (uid, created_at DESC, id);

CREATE INDEX IF NOT EXISTS orders_by_store ON orders (store_id, status, created_at, id);

CREATE INDEX IF NOT EXISTS orders_pending ON orders (expires_at) WHERE status = 'pending';

CREATE INDEX IF NOT EXISTS orders_by_prescription ON orders (prescription_id) WHERE prescription_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS order_items (
  order_id UUID NOT NULL REFERENCES orders (id),
  line_no INT8 NOT NULL CHECK (line_no BETWEEN 1 AND 50),
  product_id UUID NOT NULL REFERENCES products (id),
  prescription_item_id UUID REFERENCES prescription_items (id),
  sku TEXT NOT NULL,
  name TEXT NOT NULL,
  manufacturer TEXT NOT NULL,
  pack_label TEXT NOT NULL,
  hsn TEXT NOT NULL,
  schedule TEXT NOT NULL,
  prescription_required BOOL NOT NULL DEFAULT false,
  quantity INT8 NOT NULL CHECK (quantity BETWEEN 1 AND 100),
  mrp_paise INT8 NOT NULL CHECK (mrp_paise > 0),
  price_paise INT8 NOT NULL CHECK (price_paise > 0),
  discount_paise INT8 NOT NULL CHECK (discount_paise >= 0),
  gst_bp INT8 NOT NULL CHECK (gst_bp >= 0),
  taxable_paise INT8 NOT NULL CHECK (taxable_paise >= 0),
  cgst_paise INT8 NOT NULL CHECK (cgst_paise >= 0),
  sgst_paise INT8 NOT NULL CHECK (sgst_paise >= 0),
  igst_paise INT8 NOT NULL CHECK (igst_paise >= 0),
  total_paise INT8 NOT NULL CHECK (total_paise >= 0),
  PRIMARY KEY (order_id, line_no),
  UNIQUE (order_id, product_id),
  CHECK (price_paise <= mrp_paise),
  CHECK (total_paise = price_paise * quantity - discount_paise),
  CHECK (total_paise = taxable_paise + cgst_paise + sgst_paise + igst_paise),
  CHECK (igst_paise = 0 OR (cgst_paise = 0 AND sgst_paise = 0))
);

CREATE TABLE IF NOT EXISTS order_batches (
  order_id UUID NOT NULL,
  line_no INT8 NOT NULL,
  batch_id UUID NOT NULL REFERENCES inventory_batches (id),
  quantity INT8 NOT NULL CHECK (quantity > 0),
  state TEXT NOT NULL CHECK (state IN ('reserved', 'consumed', 'released')),
  PRIMARY KEY (order_id, line_no, batch_id),
  FOREIGN KEY (order_id, line_no) REFERENCES order_items (order_id, line_no)
);

CREATE INDEX IF NOT EXISTS order_batches_by_batch ON order_batches (batch_id);

CREATE TABLE IF NOT EXISTS order_events (
  order_id UUID NOT NULL REFERENCES orders (id),
  position INT8 NOT NULL,
  kind TEXT NOT NULL,
  from_status TEXT,
  to_status TEXT,
  actor_uid TEXT NOT NULL,
  actor_role TEXT NOT NULL,
  note TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (order_id, position)
);
