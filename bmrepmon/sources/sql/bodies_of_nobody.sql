-- Bodies to which no record refers, expunged ones included: bm-core purges them in the end.
SELECT count(*)
FROM t_message_body b
WHERE NOT EXISTS (SELECT FROM t_mailbox_record r WHERE r.message_body_guid = b.guid)
