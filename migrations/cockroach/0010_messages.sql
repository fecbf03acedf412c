-- One message per person, template and subject; the body is rendered when it is sent, so no code and no text is kept here.
CREATE TABLE IF NOT EXISTS notifications (
  id UUID PRIMARY KEY,
  uid TEXT NOT NULL,
  template TEXT NOT NULL,
  subject TEXT NOT NULL,
  parameters JSONB NOT NULL DEFAULT '[]',
  status TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'accepted', 'sent', 'delivered', 'read', 'failed', 'dead', 'suppressed')),
  provider_message_id TEXT UNIQUE,
  attempts INT8 NOT NULL DEFAULT 0,
  next_attempt_at TIMESTAMPTZ NOT NULL,
  error_code TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  UNIQUE (uid, template, subject)
);

CREATE INDEX IF NOT EXISTS notifications_due ON notifications (next_attempt_at) WHERE status IN ('queued', 'sending', 'failed');

CREATE TABLE IF NOT EXISTS whatsapp_contacts (
  contact_id TEXT PRIMARY KEY,
  phone TEXT UNIQUE,
  uid TEXT,
  window_expires_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS support_threads (
  id UUID PRIMARY KEY,
  contact_id TEXT NOT NULL REFERENCES whatsapp_contacts (contact_id),
  status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS support_threads_open ON support_threads (contact_id) WHERE status = 'open';

CREATE INDEX IF NOT EXISTS support_threads_by_status ON support_threads (status, updated_at, id);

CREATE TABLE IF NOT EXISTS support_messages (
  id TEXT PRIMARY KEY,
  thread_id UUID NOT NULL REFERENCES support_threads (id),
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  body TEXT NOT NULL CHECK (length(body) <= 4096),
  author_uid TEXT,
  status TEXT NOT NULL CHECK (status IN ('received', 'sending', 'sent', 'failed')),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS support_messages_by_thread ON support_messages (thread_id, created_at);

CREATE TABLE IF NOT EXISTS whatsapp_pauses (
  scope TEXT PRIMARY KEY,
  until_at TIMESTAMPTZ NOT NULL,
  error_code TEXT NOT NULL
);
