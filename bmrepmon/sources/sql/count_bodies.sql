-- Every message body that was replicated, one row each, seen in one snapshot. An index-only scan where PostgreSQL can.
SELECT count(*) FROM t_message_body
