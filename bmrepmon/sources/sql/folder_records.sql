-- The records of some folders, each folder one row with its columns glued together; all four in the same order of rows.
SELECT
  substr(c.uid, 14),
  m.uids,
  m.flags,
  m.guids,
  m.bodies
FROM t_container c
CROSS JOIN LATERAL (
  SELECT
    string_agg(int8send(r.imap_uid), '') AS uids,
    string_agg(int4send(r.system_flags), '') AS flags,
    string_agg(r.message_body_guid, '') AS guids,
    string_agg(CASE WHEN b.guid IS NULL THEN '\x00'::bytea ELSE '\x01'::bytea END, '') AS bodies
  FROM t_mailbox_record r
  LEFT JOIN t_message_body b ON b.guid = r.message_body_guid
  WHERE r.container_id = c.id
) m
WHERE c.uid = ANY(%s)
