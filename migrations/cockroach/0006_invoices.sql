-- Invoice numbers run without a gap within a store and a financial year (CGST Rules 2017, rule 46).
CREATE TABLE IF NOT EXISTS invoice_counters (
  store_id UUID NOT NULL REFERENCES stores (id),
  financial_year TEXT NOT NULL,
  last_serial INT8 NOT NULL CHECK (last_serial > 0),
  PRIMARY KEY (store_id, financial_year)
);

CREATE TABLE IF NOT EXISTS invoices (
  order_id UUID PRIMARY KEY REFERENCES orders (id),
  store_id UUID NOT NULL REFERENCES stores (id),
  financial_year TEXT NOT NULL,
  serial INT8 NOT NULL CHECK (serial > 0),
  number TEXT NOT NULL UNIQUE CHECK (length(number) <= 16),
  seller JSONB NOT NULL,
  issued_at TIMESTAMPTZ NOT NULL,
  UNIQUE (store_id, financial_year, serial)
);
