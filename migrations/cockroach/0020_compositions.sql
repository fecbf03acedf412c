-- Each composition once: there are a few thousand however many products, so that likeness to a salt costs the same at any size.
CREATE TABLE IF NOT EXISTS compositions (
  salt_names TEXT PRIMARY KEY CHECK (salt_names <> '')
);

CREATE INDEX IF NOT EXISTS compositions_trgm ON compositions USING GIN (salt_names gin_trgm_ops);

CREATE INDEX IF NOT EXISTS products_salt_names ON products (salt_names, id) WHERE status = 'active';

INSERT INTO compositions (salt_names) SELECT DISTINCT salt_names FROM products WHERE salt_names <> '' ON CONFLICT (salt_names) DO NOTHING;

DROP INDEX IF EXISTS products_salts_trgm;
