-- What each pack of an order cost is kept from the sale on: whatever is taken out or comes back goes at its own share, and what stays
-- never changes its price. Credit notes are numbered without a gap: each but the first names the one before it.
CREATE TABLE IF NOT EXISTS credit_note_counters (
  store_id UUID NOT NULL REFERENCES stores (id),
  financial_year TEXT NOT NULL,
  last_serial INT8 NOT NULL CHECK (last_serial > 0),
  PRIMARY KEY (store_id, financial_year)
);

CREATE TABLE IF NOT EXISTS credit_notes (
  id UUID PRIMARY KEY,
  order_id UUID NOT NULL REFERENCES orders (id),
  store_id UUID NOT NULL REFERENCES stores (id),
  financial_year TEXT NOT NULL,
  serial INT8 NOT NULL CHECK (serial > 0),
  previous_serial INT8 CHECK (coalesce(previous_serial, 0) = serial - 1),
  number TEXT NOT NULL UNIQUE CHECK (length(number) <= 16),
  seller JSONB NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('unwanted', 'damaged', 'wrong_item', 'recalled')),
  note TEXT,
  tax_paise INT8 NOT NULL CHECK (tax_paise >= 0),
  total_paise INT8 NOT NULL CHECK (total_paise >= tax_paise),
  issued_by TEXT NOT NULL,
  issued_at TIMESTAMPTZ NOT NULL,
  UNIQUE (store_id, financial_year, serial),
  FOREIGN KEY (store_id, financial_year, previous_serial) REFERENCES credit_notes (store_id, financial_year, serial)
);

CREATE INDEX IF NOT EXISTS credit_notes_by_order ON credit_notes (order_id, issued_at, id);

CREATE TABLE IF NOT EXISTS order_units (
  order_id UUID NOT NULL,
  line_no INT8 NOT NULL,
  unit_no INT8 NOT NULL CHECK (unit_no BETWEEN 1 AND 100),
  discount_paise INT8 NOT NULL CHECK (discount_paise >= 0),
  taxable_paise INT8 NOT NULL CHECK (taxable_paise >= 0),
  cgst_paise INT8 NOT NULL CHECK (cgst_paise >= 0),
  sgst_paise INT8 NOT NULL CHECK (sgst_paise >= 0),
  igst_paise INT8 NOT NULL CHECK (igst_paise >= 0),
  total_paise INT8 NOT NULL CHECK (total_paise = taxable_paise + cgst_paise + sgst_paise + igst_paise),
  fee_paise INT8 NOT NULL CHECK (fee_paise >= 0),
  fee_cgst_paise INT8 NOT NULL CHECK (fee_cgst_paise >= 0),
  fee_sgst_paise INT8 NOT NULL CHECK (fee_sgst_paise >= 0),
  fee_igst_paise INT8 NOT NULL CHECK (fee_igst_paise >= 0),
  state TEXT NOT NULL DEFAULT 'kept' CHECK (state IN ('kept', 'dropped', 'returned')),
  batch_id UUID REFERENCES inventory_batches (id),
  credit_note_id UUID REFERENCES credit_notes (id),
  PRIMARY KEY (order_id, line_no, unit_no),
  FOREIGN KEY (order_id, line_no) REFERENCES order_items (order_id, line_no),
  CHECK (fee_paise >= fee_cgst_paise + fee_sgst_paise + fee_igst_paise),
  CHECK ((state = 'returned') = (credit_note_id IS NOT NULL)),
  CHECK ((state = 'returned') = (batch_id IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS order_units_by_credit_note ON order_units (credit_note_id) WHERE credit_note_id IS NOT NULL;

-- A line that was taken out stays, with no packs: the old limit goes by both names that the two databases gave it.
ALTER TABLE order_items DROP CONSTRAINT IF EXISTS order_items_quantity_check;

ALTER TABLE order_items DROP CONSTRAINT IF EXISTS check_quantity;

ALTER TABLE order_items ADD COLUMN IF NOT EXISTS coupon_code TEXT CONSTRAINT order_items_packs CHECK (quantity BETWEEN 0 AND 100);

-- The rate of the delivery charge is that of the principal supply at the sale, also when that line is taken out later.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS delivery_gst_bp INT8 CHECK (delivery_gst_bp >= 0);

-- What credit notes gave back of an order; the order itself stays as its invoice says.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS credited_paise INT8 NOT NULL DEFAULT 0
  CONSTRAINT orders_credited CHECK (credited_paise BETWEEN 0 AND total_paise);

-- Which stage an open order is in, and since when: what a store's board shows as late is reckoned from these.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS stage TEXT
  CONSTRAINT orders_stage CHECK (stage IN ('accept', 'pick', 'check', 'hand_over', 'ride'));

ALTER TABLE orders ADD COLUMN IF NOT EXISTS stage_since TIMESTAMPTZ CONSTRAINT orders_stage_since CHECK ((stage IS NULL) = (stage_since IS NULL));

UPDATE orders SET stage = CASE status WHEN 'confirmed' THEN 'accept' WHEN 'processing' THEN 'pick' ELSE 'ride' END, stage_since = updated_at
 WHERE status IN ('confirmed', 'processing', 'shipped') AND stage IS NULL;
