-- Work that only one may do at a time, such as building the search index: who does it, and until when nobody else may.
CREATE TABLE IF NOT EXISTS leases (
  name TEXT PRIMARY KEY,
  owner UUID NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL
);
