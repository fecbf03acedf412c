-- Why a vendor's product is matched or waits, and what it is called for comparison: a decision serves every vendor that calls it so.
ALTER TABLE vendor_products ADD COLUMN IF NOT EXISTS pack_label TEXT NOT NULL DEFAULT '';

ALTER TABLE vendor_products ADD COLUMN IF NOT EXISTS manufacturer TEXT NOT NULL DEFAULT '';

ALTER TABLE vendor_products ADD COLUMN IF NOT EXISTS match_key TEXT NOT NULL DEFAULT '';

ALTER TABLE vendor_products ADD COLUMN IF NOT EXISTS reason TEXT NOT NULL DEFAULT '';

CREATE INDEX IF NOT EXISTS vendor_products_decided ON vendor_products (match_key) WHERE decided_by IS NOT NULL;

CREATE INDEX IF NOT EXISTS vendor_products_verified ON vendor_products (last_verified) WHERE status = 'matched';
