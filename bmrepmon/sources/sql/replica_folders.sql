-- How far each folder is replicated. Since BlueMind 4.4 it carries its UNIQUEID; where not, its item does.
SELECT
  coalesce(r.unique_id, (SELECT i.uid FROM t_container_item i WHERE i.id = r.item_id)),
  r.last_uid,
  r.highest_mod_seq,
  r.uid_validity
FROM t_mailbox_replica r
