-- What the operations team's table said last is kept, so that their edit and ours can be told apart; a deleted row leaves a mark.
ALTER TABLE products ADD COLUMN IF NOT EXISTS airtable_fields JSONB;

ALTER TABLE products ADD COLUMN IF NOT EXISTS airtable_deleted_at TIMESTAMPTZ;
