-- Where customers live and where stores deliver.
CREATE TABLE IF NOT EXISTS serviceable_areas (
  id UUID PRIMARY KEY,
  pincode TEXT NOT NULL CHECK (length(pincode) = 6),
  area TEXT NOT NULL CHECK (length(area) BETWEEN 1 AND 120),
  city TEXT NOT NULL,
  state TEXT NOT NULL,
  state_code TEXT NOT NULL CHECK (length(state_code) = 2),
  latitude FLOAT8 NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude FLOAT8 NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  store_id UUID NOT NULL,
  store_latitude FLOAT8 NOT NULL,
  store_longitude FLOAT8 NOT NULL,
  charge_paise INT8 NOT NULL CHECK (charge_paise >= 0),
  minimum_order_paise INT8 NOT NULL CHECK (minimum_order_paise >= 0),
  promised_minutes INT8 NOT NULL CHECK (promised_minutes BETWEEN 5 AND 1440),
  opens_at TIME NOT NULL,
  closes_at TIME NOT NULL,
  active BOOL NOT NULL DEFAULT true,
  version INT8 NOT NULL DEFAULT 1,
  updated_by TEXT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  UNIQUE (pincode, area),
  CHECK (opens_at < closes_at)
);

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX IF NOT EXISTS serviceable_areas_name ON serviceable_areas USING GIN (lower(area) gin_trgm_ops);

CREATE TABLE IF NOT EXISTS serviceable_area_changes (
  area_id UUID NOT NULL REFERENCES serviceable_areas (id),
  version INT8 NOT NULL,
  values_after JSONB NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (area_id, version)
);

CREATE TABLE IF NOT EXISTS addresses (
  id UUID PRIMARY KEY,
  uid TEXT NOT NULL,
  label TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 40),
  recipient TEXT NOT NULL CHECK (length(recipient) BETWEEN 1 AND 100),
  phone TEXT NOT NULL,
  line1 TEXT NOT NULL,
  line2 TEXT,
  landmark TEXT,
  area TEXT,
  city TEXT NOT NULL,
  state TEXT NOT NULL,
  pincode TEXT NOT NULL CHECK (length(pincode) = 6),
  latitude FLOAT8 NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude FLOAT8 NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  located_by TEXT NOT NULL CHECK (located_by IN ('pin', 'geocoded', 'pincode')),
  pin_distance_m INT8,
  is_default BOOL NOT NULL DEFAULT false,
  deleted_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS addresses_by_uid ON addresses (uid, created_at, id) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS addresses_default ON addresses (uid) WHERE is_default AND deleted_at IS NULL;
