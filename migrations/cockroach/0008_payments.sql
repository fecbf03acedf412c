-- An intent (payment) has attempts and refunds. What was captured is the sum of captured attempts, kept beside it and bounded.
-- `settled_by` is the one attempt that paid the order; `look_again_at` is when the reconciler asks about an unsettled payment next.
CREATE TABLE IF NOT EXISTS payments (
  id UUID PRIMARY KEY,
  order_id UUID NOT NULL UNIQUE REFERENCES orders (id),
  uid TEXT NOT NULL,
  method TEXT NOT NULL CHECK (method IN ('razorpay', 'cod')),
  status TEXT NOT NULL CHECK (status IN ('created', 'captured', 'conflicted', 'cancelled')),
  amount_paise INT8 NOT NULL CHECK (amount_paise > 0),
  captured_paise INT8 NOT NULL DEFAULT 0 CHECK (captured_paise >= 0),
  refunded_paise INT8 NOT NULL DEFAULT 0 CHECK (refunded_paise >= 0),
  razorpay_order_id TEXT UNIQUE,
  settled_by TEXT,
  look_again_at TIMESTAMPTZ,
  version INT8 NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CHECK (refunded_paise <= captured_paise)
);

CREATE INDEX IF NOT EXISTS payments_to_look_at ON payments (look_again_at) WHERE look_again_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS payment_attempts (
  razorpay_payment_id TEXT PRIMARY KEY,
  payment_id UUID NOT NULL REFERENCES payments (id),
  status TEXT NOT NULL CHECK (status IN ('authorized', 'captured', 'failed')),
  amount_paise INT8 NOT NULL CHECK (amount_paise > 0),
  currency TEXT NOT NULL DEFAULT 'INR',
  method TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS payment_attempts_by_payment ON payment_attempts (payment_id);

CREATE TABLE IF NOT EXISTS refunds (
  id UUID PRIMARY KEY,
  payment_id UUID NOT NULL REFERENCES payments (id),
  razorpay_payment_id TEXT REFERENCES payment_attempts (razorpay_payment_id),
  cause TEXT NOT NULL UNIQUE,
  amount_paise INT8 NOT NULL CHECK (amount_paise > 0),
  reason TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('requested', 'processed', 'failed')),
  razorpay_refund_id TEXT UNIQUE,
  requested_by TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS refunds_by_payment ON refunds (payment_id);

CREATE TABLE IF NOT EXISTS payment_events (
  id UUID PRIMARY KEY,
  payment_id UUID NOT NULL REFERENCES payments (id),
  kind TEXT NOT NULL,
  amount_paise INT8,
  source TEXT NOT NULL,
  detail TEXT,
  created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS payment_events_by_payment ON payment_events (payment_id, created_at);

CREATE TABLE IF NOT EXISTS webhook_events (
  provider TEXT NOT NULL CHECK (provider IN ('razorpay', 'whatsapp')),
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'stored' CHECK (status IN ('stored', 'processed', 'ignored')),
  received_at TIMESTAMPTZ NOT NULL,
  processed_at TIMESTAMPTZ,
  PRIMARY KEY (provider, event_id)
);

CREATE INDEX IF NOT EXISTS webhook_events_stored ON webhook_events (received_at) WHERE status = 'stored';
