-- A prescription is read by machines and decided by a pharmacist; an approved line allows so many packs and no more.
CREATE TABLE IF NOT EXISTS prescriptions (
  id UUID PRIMARY KEY,
  uid TEXT NOT NULL,
  file_path TEXT NOT NULL UNIQUE,
  content_type TEXT NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png', 'application/pdf')),
  size_bytes INT8 NOT NULL CHECK (size_bytes BETWEEN 1 AND 10485760),
  pages INT8 NOT NULL DEFAULT 1 CHECK (pages BETWEEN 1 AND 20),
  status TEXT NOT NULL CHECK (status IN ('uploaded', 'reading', 'read', 'unreadable', 'approved', 'rejected')),
  problem TEXT,
  prescriber_name TEXT,
  prescriber_registration TEXT,
  issued_on DATE,
  valid_until DATE,
  reviewed_by TEXT,
  reviewed_at TIMESTAMPTZ,
  review_note TEXT,
  version INT8 NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (status <> 'approved' OR (prescriber_registration IS NOT NULL AND valid_until IS NOT NULL AND reviewed_by IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS prescriptions_by_uid ON prescriptions (uid, created_at DESC, id);

CREATE INDEX IF NOT EXISTS prescriptions_by_status ON prescriptions (status, created_at, id);

CREATE TABLE IF NOT EXISTS prescription_items (
  id UUID PRIMARY KEY,
  prescription_id UUID NOT NULL REFERENCES prescriptions (id),
  line_no INT8 NOT NULL CHECK (line_no BETWEEN 1 AND 50),
  written TEXT NOT NULL,
  name TEXT NOT NULL,
  strength TEXT,
  form TEXT,
  dose TEXT,
  duration_days INT8 CHECK (duration_days BETWEEN 1 AND 400),
  quantity INT8 CHECK (quantity BETWEEN 1 AND 2000),
  candidates JSONB NOT NULL DEFAULT '[]',
  decision TEXT NOT NULL DEFAULT 'pending' CHECK (decision IN ('pending', 'approved', 'rejected')),
  product_id UUID REFERENCES products (id),
  allowed_packs INT8 NOT NULL DEFAULT 0 CHECK (allowed_packs BETWEEN 0 AND 100),
  used_packs INT8 NOT NULL DEFAULT 0 CHECK (used_packs >= 0),
  UNIQUE (prescription_id, line_no),
  CHECK (used_packs <= allowed_packs),
  CHECK (decision <> 'approved' OR (product_id IS NOT NULL AND allowed_packs > 0))
);
