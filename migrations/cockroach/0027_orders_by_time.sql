-- Lists of orders are read from the latest on, by a store's people and by support, however many lie behind; of an open status there are few.
CREATE INDEX IF NOT EXISTS orders_by_store_time ON orders (store_id, created_at DESC, id);

CREATE INDEX IF NOT EXISTS orders_by_time ON orders (created_at DESC, id);

CREATE INDEX IF NOT EXISTS orders_open_by_time ON orders (status, created_at DESC, id) WHERE status IN ('pending', 'confirmed', 'processing', 'shipped');
