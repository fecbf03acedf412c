-- What a person wants to be told by WhatsApp; no row means the running order's messages only.
CREATE TABLE IF NOT EXISTS notification_preferences (
  uid TEXT PRIMARY KEY,
  whatsapp_opted_out BOOL NOT NULL DEFAULT false,
  language TEXT NOT NULL DEFAULT 'en',
  updated_at TIMESTAMPTZ NOT NULL
);
