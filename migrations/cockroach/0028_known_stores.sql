-- Which stores there are, as services below `order` may read it: the table behind it stays that service's own.
CREATE OR REPLACE VIEW known_stores AS SELECT id FROM stores;
