-- What staff give back on their own after the invoice is credited, too: an allowance, taken off the packs that are still owed. A later return
-- of such a pack gives back what was left of it. The old list of reasons goes by both names that the two databases gave it.
ALTER TABLE credit_notes DROP CONSTRAINT IF EXISTS credit_notes_reason_check;

ALTER TABLE credit_notes DROP CONSTRAINT IF EXISTS check_reason;

-- The refund that an allowance was given with; none for what was given back before there was an invoice.
ALTER TABLE credit_notes ADD COLUMN IF NOT EXISTS refund_id UUID CONSTRAINT credit_notes_reasons
  CHECK (reason = 'allowance' OR (reason IN ('unwanted', 'damaged', 'wrong_item', 'recalled') AND refund_id IS NULL));

CREATE UNIQUE INDEX IF NOT EXISTS credit_notes_by_refund ON credit_notes (refund_id) WHERE refund_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS unit_allowances (
  credit_note_id UUID NOT NULL REFERENCES credit_notes (id),
  order_id UUID NOT NULL,
  line_no INT8 NOT NULL,
  unit_no INT8 NOT NULL,
  taxable_paise INT8 NOT NULL CHECK (taxable_paise >= 0),
  cgst_paise INT8 NOT NULL CHECK (cgst_paise >= 0),
  sgst_paise INT8 NOT NULL CHECK (sgst_paise >= 0),
  igst_paise INT8 NOT NULL CHECK (igst_paise >= 0),
  total_paise INT8 NOT NULL CHECK (total_paise = taxable_paise + cgst_paise + sgst_paise + igst_paise),
  fee_paise INT8 NOT NULL CHECK (fee_paise >= 0),
  fee_cgst_paise INT8 NOT NULL CHECK (fee_cgst_paise >= 0),
  fee_sgst_paise INT8 NOT NULL CHECK (fee_sgst_paise >= 0),
  fee_igst_paise INT8 NOT NULL CHECK (fee_igst_paise >= 0),
  PRIMARY KEY (credit_note_id, line_no, unit_no),
  FOREIGN KEY (order_id, line_no, unit_no) REFERENCES order_units (order_id, line_no, unit_no),
  CHECK (fee_paise >= fee_cgst_paise + fee_sgst_paise + fee_igst_paise)
);

CREATE INDEX IF NOT EXISTS unit_allowances_by_order ON unit_allowances (order_id, line_no, unit_no);
