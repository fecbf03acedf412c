-- What may not be sold again is set aside and counted, until it goes back to its supplier or is destroyed. It is no part of what is on hand.
ALTER TABLE inventory_batches ADD COLUMN IF NOT EXISTS quarantined INT8 NOT NULL DEFAULT 0
  CONSTRAINT inventory_batches_quarantined CHECK (quarantined >= 0);

-- The kinds grow once more, and a movement may now be of the quarantine alone. The old checks go by the names that the two databases may have
-- given them; the new one has a name.
ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS stock_movements_check;

ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS check_on_hand_change_reserved_change;

ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS stock_movements_check1;

ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS check_kind_kind_transfer_id;

ALTER TABLE stock_movements DROP CONSTRAINT IF EXISTS check_kind_transfer_id;

ALTER TABLE stock_movements ADD COLUMN IF NOT EXISTS quarantined_change INT8 NOT NULL DEFAULT 0 CONSTRAINT stock_movements_shape CHECK (
  kind IN ('receive', 'reserve', 'release', 'consume', 'sale', 'adjust', 'return', 'write_off', 'count', 'transfer_out', 'transfer_in',
           'quarantine', 'supplier_return')
  AND (kind IN ('transfer_out', 'transfer_in')) = (transfer_id IS NOT NULL)
  AND (on_hand_change <> 0 OR reserved_change <> 0 OR quarantined_change <> 0)
  AND (kind <> 'quarantine' OR (quarantined_change > 0 AND on_hand_change + quarantined_change = 0))
  AND (kind <> 'supplier_return' OR quarantined_change < 0)
  AND (quarantined_change = 0 OR kind IN ('quarantine', 'supplier_return', 'write_off'))
);

CREATE INDEX IF NOT EXISTS inventory_quarantine ON inventory_batches (store_id, product_id, expires_on, id) WHERE quarantined > 0 OR recalled;
