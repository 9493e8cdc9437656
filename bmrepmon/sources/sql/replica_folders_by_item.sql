-- How far each folder is replicated, as one value in the form that it is kept in: of each folder 24 bytes, the first
-- eight of the SHA-256 of its UNIQUEID, then highest modseq, last uid and UIDVALIDITY (0: not told). To take a row apart
-- costs us five times what it costs PostgreSQL to put it together. Null makes an entry null, which is left out; and so
-- is what Cyrus cannot have.
-- Before BlueMind 4.4 the UNIQUEID is the uid of its item, among millions of items of messages: asked for one by one,
-- that the planner does not read them all.
SELECT string_agg(
  substr(sha256(textsend((SELECT i.uid FROM t_container_item i WHERE i.id = r.item_id))), 1, 8)
    || int8send(r.highest_mod_seq::bigint)
    || int8send((r.last_uid::bigint << 32) | coalesce(r.uid_validity::bigint, 0)),
  ''::bytea
)
FROM t_mailbox_replica r
WHERE r.highest_mod_seq >= 0
  AND r.last_uid BETWEEN 0 AND 4294967295
  AND coalesce(r.uid_validity, 0) BETWEEN 0 AND 4294967295
