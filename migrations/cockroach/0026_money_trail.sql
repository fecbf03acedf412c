-- The trail of money that did not go as asked: what people decided and why, what banks dispute, how Razorpay's books compare with ours.
-- The note of a decision is for staff; the customer's timeline shows what became of it.
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

-- A window of Razorpay's books against ours: how far the comparison has come stands in it, so that whoever dies in the middle is followed up.
CREATE TABLE IF NOT EXISTS reconciliations (
  id UUID PRIMARY KEY,
  since TIMESTAMPTZ NOT NULL UNIQUE,
  until TIMESTAMPTZ NOT NULL CHECK (until > since),
  stage TEXT NOT NULL DEFAULT 'payments' CHECK (stage IN ('payments', 'refunds', 'ours', 'done')),
  skip INT8 NOT NULL DEFAULT 0 CHECK (skip >= 0),
  payments_seen INT8 NOT NULL DEFAULT 0,
  captured_paise INT8 NOT NULL DEFAULT 0,
  refunds_seen INT8 NOT NULL DEFAULT 0,
  refunded_paise INT8 NOT NULL DEFAULT 0,
  repaired INT8 NOT NULL DEFAULT 0,
  started_at TIMESTAMPTZ NOT NULL,
  finished_at TIMESTAMPTZ,
  CHECK ((stage = 'done') = (finished_at IS NOT NULL))
);

CREATE TABLE IF NOT EXISTS reconciliation_differences (
  reconciliation_id UUID NOT NULL REFERENCES reconciliations (id),
  subject TEXT NOT NULL CHECK (subject IN ('payment', 'refund')),
  razorpay_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('ours_only', 'theirs_only', 'amount')),
  payment_id UUID REFERENCES payments (id),
  ours_paise INT8,
  theirs_paise INT8,
  PRIMARY KEY (reconciliation_id, subject, razorpay_id)
);

-- When a comparison last met this row; what none has met is asked about by itself.
ALTER TABLE payment_attempts ADD COLUMN IF NOT EXISTS checked_at TIMESTAMPTZ;

ALTER TABLE refunds ADD COLUMN IF NOT EXISTS checked_at TIMESTAMPTZ;

UPDATE payment_attempts SET checked_at = updated_at WHERE checked_at IS NULL;

UPDATE refunds SET checked_at = updated_at WHERE checked_at IS NULL AND status = 'processed';

CREATE INDEX IF NOT EXISTS payment_attempts_unchecked ON payment_attempts (created_at) WHERE checked_at IS NULL AND status = 'captured';

CREATE INDEX IF NOT EXISTS refunds_unchecked ON refunds (updated_at) WHERE checked_at IS NULL AND status = 'processed';
