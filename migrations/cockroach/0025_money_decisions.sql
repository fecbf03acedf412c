-- What a person decided about money that did not fit is kept with the reason; the customer's timeline shows only what became of it.
CREATE TABLE IF NOT EXISTS payment_decisions (
  id UUID PRIMARY KEY,
  payment_id UUID NOT NULL REFERENCES payments (id),
  decision TEXT NOT NULL CHECK (decision IN ('accept', 'refund', 'handled')),
  note TEXT NOT NULL CHECK (note <> ''),
  decided_by TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS payment_decisions_by_payment ON payment_decisions (payment_id, created_at);

CREATE INDEX IF NOT EXISTS payments_conflicted ON payments (created_at, id) WHERE status = 'conflicted';
