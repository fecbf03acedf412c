-- An order's single coupon_code gave way to coupon_codes in 0024. Deploy order: this runs only after every instance of the version that
-- wrote coupon_code is gone (that of 0024 and later neither reads nor writes it); what such an instance wrote in between is taken over first.
UPDATE orders SET coupon_codes = ARRAY[coupon_code] WHERE coupon_code IS NOT NULL AND coupon_codes = '{}';

ALTER TABLE orders DROP COLUMN IF EXISTS coupon_code;
