-- What can still be promised of each batch, as services below `order` may read it: the table behind it stays that service's own.
CREATE OR REPLACE VIEW free_stock AS
SELECT store_id, product_id, expires_on, mrp_paise, on_hand - reserved AS free
  FROM inventory_batches WHERE on_hand > reserved;
