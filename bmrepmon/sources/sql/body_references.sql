-- The bodies, and those of them that a message refers to which is not expunged (2^31 of the flags, their sign). Bodies
-- of nobody are what bm-core will purge, up to two days after its last message. One statement, one snapshot; tables that
-- are joined by hashes, not row by row.
SELECT
  (SELECT count(*) FROM t_message_body),
  (
    SELECT count(*)
    FROM t_message_body b
    WHERE EXISTS (SELECT FROM t_mailbox_record r WHERE r.message_body_guid = b.guid AND r.system_flags >= 0)
  )
