-- An order may have up to three coupons; the column of one stays until no running instance writes it.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS coupon_codes TEXT[] NOT NULL DEFAULT '{}' CHECK (array_length(coupon_codes, 1) <= 3);

UPDATE orders SET coupon_codes = ARRAY[coupon_code] WHERE coupon_code IS NOT NULL AND coupon_codes = '{}';
