-- Which stores are open, as services below `order` may read it: the table behind it stays that service's own.
CREATE OR REPLACE VIEW open_stores AS SELECT id FROM stores WHERE status = 'open';
