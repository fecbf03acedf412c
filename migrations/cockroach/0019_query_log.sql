-- What product search was asked, counted by day and query and by nobody; what found nothing is what the synonyms lack.
CREATE TABLE IF NOT EXISTS query_log (
  day DATE NOT NULL,
  query TEXT NOT NULL CHECK (query <> '' AND char_length(query) <= 80),
  searches INT8 NOT NULL,
  no_hits INT8 NOT NULL CHECK (no_hits >= 0),
  refined INT8 NOT NULL CHECK (refined >= 0),
  PRIMARY KEY (day, query),
  CHECK (searches > 0 AND no_hits + refined <= searches)
);

-- The tallies that are in query_log already: one that is taken up again after a crash is not added twice.
CREATE TABLE IF NOT EXISTS query_drains (
  id UUID PRIMARY KEY,
  drained_at TIMESTAMPTZ NOT NULL
);
