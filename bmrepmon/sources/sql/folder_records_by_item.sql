-- The same before BlueMind 4.4: only the item of a record tells its container.
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
  FROM t_container_item i
  JOIN t_mailbox_record r ON r.item_id = i.id
  LEFT JOIN t_message_body b ON b.guid = r.message_body_guid
  WHERE i.container_id = c.id
) m
WHERE c.uid = ANY(%s)
