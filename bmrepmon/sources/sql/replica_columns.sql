-- Whether folders carry their UNIQUEID themselves, which they do since BlueMind 4.4.
SELECT EXISTS (
  SELECT FROM pg_attribute
  WHERE attrelid = to_regclass('t_mailbox_replica') AND attname = 'unique_id' AND NOT attisdropped
)
