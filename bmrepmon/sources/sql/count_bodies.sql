-- Every message body that was replicated, one row each, seen in one snapshot. The planner reads the primary key alone once
-- VACUUM has been there; it is not forced to, because before that each row would be looked up in the table one by one.
SELECT count(*) FROM t_message_body
