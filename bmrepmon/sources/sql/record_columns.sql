-- Whether records carry their container themselves, which they do since BlueMind 4.4.
SELECT EXISTS (
  SELECT FROM pg_attribute
  WHERE attrelid = to_regclass('t_mailbox_record') AND attname = 'container_id' AND NOT attisdropped
)
