-- What is sold. Money is paise, gst_bp hundredths of a per cent, and the law that a price never exceeds the MRP stands here.
CREATE TABLE IF NOT EXISTS products (
  id UUID PRIMARY KEY,
  sku TEXT NOT NULL UNIQUE CHECK (length(sku) BETWEEN 1 AND 64),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
  normalized_name TEXT NOT NULL,
  brand TEXT NOT NULL DEFAULT '',
  form TEXT NOT NULL DEFAULT '',
  release TEXT NOT NULL DEFAULT '',
  strength TEXT NOT NULL DEFAULT '',
  salts JSONB NOT NULL DEFAULT '[]',
  salt_key TEXT NOT NULL DEFAULT '',
  brand_key TEXT NOT NULL DEFAULT '',
  brand_sound TEXT NOT NULL DEFAULT '',
  salt_names TEXT NOT NULL DEFAULT '',
  manufacturer TEXT NOT NULL DEFAULT '',
  pack_label TEXT NOT NULL DEFAULT '',
  pack_quantity INT8 CHECK (pack_quantity > 0),
  pack_unit TEXT NOT NULL DEFAULT '',
  mrp_paise INT8 NOT NULL CHECK (mrp_paise > 0),
  price_paise INT8 NOT NULL CHECK (price_paise > 0),
  gst_bp INT8 NOT NULL CHECK (gst_bp BETWEEN 0 AND 4000),
  hsn TEXT NOT NULL DEFAULT '',
  schedule TEXT NOT NULL DEFAULT 'none' CHECK (schedule IN ('none', 'H', 'H1', 'X')),
  prescription_required BOOL NOT NULL DEFAULT false,
  fulfilled_by TEXT NOT NULL DEFAULT 'store' CHECK (fulfilled_by IN ('store', 'vendor')),
  image_url TEXT,
  max_per_order INT8 NOT NULL DEFAULT 10 CHECK (max_per_order BETWEEN 1 AND 100),
  popularity INT8 NOT NULL DEFAULT 0 CHECK (popularity >= 0),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'discontinued')),
  version INT8 NOT NULL DEFAULT 1 CHECK (version > 0),
  airtable_record_id TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (price_paise <= mrp_paise),
  CHECK (schedule = 'none' OR prescription_required)
);

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX IF NOT EXISTS products_name_trgm ON products USING GIN (normalized_name gin_trgm_ops);

CREATE INDEX IF NOT EXISTS products_brand_trgm ON products USING GIN (brand_key gin_trgm_ops);

CREATE INDEX IF NOT EXISTS products_salts_trgm ON products USING GIN (salt_names gin_trgm_ops);

CREATE INDEX IF NOT EXISTS products_brand_sound ON products (brand_sound, id) WHERE status = 'active';

CREATE INDEX IF NOT EXISTS products_salt_key ON products (salt_key, form, release) WHERE status = 'active';

CREATE INDEX IF NOT EXISTS products_by_name ON products (normalized_name, id) WHERE status = 'active';

CREATE UNIQUE INDEX IF NOT EXISTS products_airtable ON products (airtable_record_id) WHERE airtable_record_id IS NOT NULL;
