-- Coupons: what was held and confirmed never exceeds a limit, because the counters are guarded by CHECKs.
CREATE TABLE IF NOT EXISTS coupons (
  id UUID PRIMARY KEY,
  code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 4 AND 24),
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('percentage', 'fixed', 'free_delivery')),
  percent_bp INT8 CHECK (percent_bp BETWEEN 1 AND 10000),
  amount_paise INT8 CHECK (amount_paise > 0),
  cap_paise INT8 CHECK (cap_paise > 0),
  minimum_order_paise INT8 NOT NULL DEFAULT 0 CHECK (minimum_order_paise >= 0),
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  global_limit INT8 CHECK (global_limit > 0),
  per_user_limit INT8 CHECK (per_user_limit > 0),
  first_order_only BOOL NOT NULL DEFAULT false,
  only_uid TEXT,
  product_ids UUID[] NOT NULL DEFAULT '{}',
  forms TEXT[] NOT NULL DEFAULT '{}',
  batch_id UUID,
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  uses INT8 NOT NULL DEFAULT 0 CHECK (uses >= 0),
  created_by TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (starts_at < ends_at),
  CHECK (global_limit IS NULL OR uses <= global_limit),
  CHECK ((kind = 'percentage') = (percent_bp IS NOT NULL)),
  CHECK ((kind = 'fixed') = (amount_paise IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS coupons_by_batch ON coupons (batch_id, code) WHERE batch_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS coupons_latest ON coupons (created_at DESC, id);

CREATE TABLE IF NOT EXISTS coupon_users (
  coupon_id UUID NOT NULL REFERENCES coupons (id),
  uid TEXT NOT NULL,
  uses INT8 NOT NULL CHECK (uses >= 0),
  PRIMARY KEY (coupon_id, uid)
);

CREATE TABLE IF NOT EXISTS coupon_redemptions (
  id UUID PRIMARY KEY,
  coupon_id UUID NOT NULL REFERENCES coupons (id),
  uid TEXT NOT NULL,
  order_id UUID NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('held', 'confirmed', 'released')),
  discount_paise INT8 NOT NULL CHECK (discount_paise >= 0),
  expires_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS coupon_redemptions_held ON coupon_redemptions (expires_at) WHERE status = 'held';
