-- A list may hold a product whose price or law nobody knows yet: it is found, cannot be ordered, and waits for a person.
ALTER TABLE products ALTER COLUMN mrp_paise DROP NOT NULL;

ALTER TABLE products ALTER COLUMN price_paise DROP NOT NULL;

-- Both prices are known or neither: otherwise `price_paise <= mrp_paise` would hold for a price without an MRP. The check comes with
-- a column because a constraint alone cannot be added in a way that both databases can repeat.
ALTER TABLE products ADD COLUMN IF NOT EXISTS schedule_known BOOL NOT NULL DEFAULT true
  CONSTRAINT products_both_prices CHECK ((mrp_paise IS NULL) = (price_paise IS NULL));

ALTER TABLE products ADD COLUMN IF NOT EXISTS salts_complete BOOL NOT NULL DEFAULT true;

CREATE INDEX IF NOT EXISTS products_unread ON products (id)
  WHERE pack_quantity IS NULL OR form = '' OR salt_key = '' OR mrp_paise IS NULL OR NOT schedule_known;

ALTER TABLE sync_runs ADD COLUMN IF NOT EXISTS created INT8 NOT NULL DEFAULT 0;

ALTER TABLE sync_runs ADD COLUMN IF NOT EXISTS updated INT8 NOT NULL DEFAULT 0;

ALTER TABLE sync_runs ADD COLUMN IF NOT EXISTS unchanged INT8 NOT NULL DEFAULT 0;

ALTER TABLE sync_runs ADD COLUMN IF NOT EXISTS refused INT8 NOT NULL DEFAULT 0;
