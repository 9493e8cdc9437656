-- How far each folder is replicated, before BlueMind 4.4. The UNIQUEID is the uid of its item, among millions of items
-- of messages: asked for one by one, that the planner does not read them all.
SELECT
  (SELECT i.uid FROM t_container_item i WHERE i.id = r.item_id),
  r.last_uid,
  r.highest_mod_seq,
  r.uid_validity
FROM t_mailbox_replica r
