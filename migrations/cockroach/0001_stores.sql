-- A store sells, holds stock, and carries the licences that its invoices must name.
CREATE TABLE IF NOT EXISTS stores (
  id UUID PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  city TEXT NOT NULL,
  state TEXT NOT NULL,
  state_code TEXT NOT NULL CHECK (length(state_code) = 2),
  pincode TEXT NOT NULL CHECK (length(pincode) = 6),
  latitude FLOAT8 NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude FLOAT8 NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  gstin TEXT NOT NULL CHECK (length(gstin) = 15),
  drug_licence TEXT NOT NULL,
  pharmacist_name TEXT NOT NULL,
  pharmacist_registration TEXT NOT NULL,
  phone TEXT NOT NULL,
  opens_at TIME NOT NULL,
  closes_at TIME NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
  created_at TIMESTAMPTZ NOT NULL,
  CHECK (opens_at < closes_at)
);
