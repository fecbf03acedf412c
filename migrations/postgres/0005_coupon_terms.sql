-- Coupons: buy X get Y, a budget, a limit per household, schedules left out, and up to three coupons on one order.
ALTER TABLE coupons DROP CONSTRAINT IF EXISTS coupons_kind_check;

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS buy_quantity INT8
  CONSTRAINT coupons_known_kind CHECK (kind IN ('percentage', 'fixed', 'free_delivery', 'buy_x_get_y'))
  CONSTRAINT coupons_buy CHECK (buy_quantity > 0 AND kind = 'buy_x_get_y' OR buy_quantity IS NULL AND kind <> 'buy_x_get_y');

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS get_quantity INT8
  CONSTRAINT coupons_get CHECK (get_quantity > 0 AND kind = 'buy_x_get_y' OR get_quantity IS NULL AND kind <> 'buy_x_get_y');

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS get_product_ids UUID[] NOT NULL DEFAULT '{}';

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS per_household_limit INT8 CHECK (per_household_limit > 0);

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS budget_paise INT8 CHECK (budget_paise > 0);

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS spent_paise INT8 NOT NULL DEFAULT 0
  CONSTRAINT coupons_within_budget CHECK (spent_paise >= 0 AND (budget_paise IS NULL OR spent_paise <= budget_paise));

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS excluded_schedules TEXT[] NOT NULL DEFAULT '{}'
  CONSTRAINT coupons_schedules CHECK (excluded_schedules <@ ARRAY['H', 'H1', 'X']);

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS exclusive BOOL NOT NULL DEFAULT false;

ALTER TABLE coupons ADD COLUMN IF NOT EXISTS priority INT8 NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS coupon_households (
  coupon_id UUID NOT NULL REFERENCES coupons (id),
  household TEXT NOT NULL,
  uses INT8 NOT NULL CHECK (uses >= 0),
  PRIMARY KEY (coupon_id, household)
);

ALTER TABLE coupon_redemptions ADD COLUMN IF NOT EXISTS household TEXT;

ALTER TABLE coupon_redemptions ADD COLUMN IF NOT EXISTS over_limit BOOL NOT NULL DEFAULT false
  CONSTRAINT coupon_redemptions_over CHECK (NOT over_limit OR status = 'confirmed');

CREATE UNIQUE INDEX IF NOT EXISTS coupon_redemptions_of_order ON coupon_redemptions (order_id, coupon_id);

ALTER TABLE coupon_redemptions DROP CONSTRAINT IF EXISTS coupon_redemptions_order_id_key;

CREATE INDEX IF NOT EXISTS coupon_redemptions_over_limit ON coupon_redemptions (updated_at DESC, id) WHERE over_limit;

UPDATE coupons AS c SET spent_paise = given.paise
  FROM (SELECT coupon_id, sum(discount_paise)::INT8 AS paise FROM coupon_redemptions WHERE status <> 'released' GROUP BY coupon_id) AS given
 WHERE c.id = given.coupon_id AND c.spent_paise = 0;
