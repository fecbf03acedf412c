-- A till's day is closed once: what was sold against what was counted, and nothing is added to a day that is closed.
CREATE TABLE IF NOT EXISTS pos_day_closes (
  store_id UUID NOT NULL REFERENCES stores (id),
  day DATE NOT NULL,
  sales_count INT8 NOT NULL CHECK (sales_count >= 0),
  expected_cash_paise INT8 NOT NULL CHECK (expected_cash_paise >= 0),
  expected_card_paise INT8 NOT NULL CHECK (expected_card_paise >= 0),
  expected_upi_paise INT8 NOT NULL CHECK (expected_upi_paise >= 0),
  counted_cash_paise INT8 NOT NULL CHECK (counted_cash_paise >= 0),
  counted_card_paise INT8 NOT NULL CHECK (counted_card_paise >= 0),
  counted_upi_paise INT8 NOT NULL CHECK (counted_upi_paise >= 0),
  reason TEXT,
  closed_by TEXT NOT NULL,
  closed_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (store_id, day),
  CHECK (reason IS NOT NULL OR (counted_cash_paise = expected_cash_paise AND counted_card_paise = expected_card_paise AND counted_upi_paise = expected_upi_paise))
);

-- The day that a sale counts to: India's day of the sale, or the next one that was not closed when it came in.
ALTER TABLE pos_sales ADD COLUMN IF NOT EXISTS booked_on DATE NOT NULL DEFAULT (now() AT TIME ZONE 'Asia/Kolkata')::DATE;

UPDATE pos_sales SET booked_on = (sold_at AT TIME ZONE 'Asia/Kolkata')::DATE WHERE booked_on <> (sold_at AT TIME ZONE 'Asia/Kolkata')::DATE;

CREATE INDEX IF NOT EXISTS pos_sales_by_booking ON pos_sales (store_id, booked_on, sold_at, id);

DROP INDEX IF EXISTS pos_sales_by_day;
