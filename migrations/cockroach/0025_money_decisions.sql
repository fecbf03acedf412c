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

-- What a bank disputes, as Razorpay told it last: `told_at` orders its events, which come in any order.
CREATE TABLE IF NOT EXISTS payment_disputes (
  razorpay_dispute_id TEXT PRIMARY KEY,
  payment_id UUID NOT NULL REFERENCES payments (id),
  razorpay_payment_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'under_review', 'won', 'lost', 'closed')),
  amount_paise INT8 NOT NULL CHECK (amount_paise > 0),
  deducted_paise INT8 NOT NULL CHECK (deducted_paise >= 0),
  reason_code TEXT,
  respond_by TIMESTAMPTZ,
  told_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS payment_disputes_by_payment ON payment_disputes (payment_id, created_at);

CREATE INDEX IF NOT EXISTS payment_disputes_by_attempt ON payment_disputes (razorpay_payment_id);

CREATE INDEX IF NOT EXISTS payment_disputes_open ON payment_disputes (created_at, razorpay_dispute_id) WHERE status IN ('open', 'under_review');
