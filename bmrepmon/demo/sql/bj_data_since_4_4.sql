-- What BlueMind 4.4 and later added (December 2020; conversations in 2021).
ALTER TABLE t_mailbox_record ADD container_id int4 NOT NULL, ADD conversation_id bigint;
CREATE INDEX ON t_mailbox_record (container_id, imap_uid);
ALTER TABLE t_mailbox_replica ADD xconv_mod_seq int8, ADD unique_id text NOT NULL, ADD container_id int4 NOT NULL;
CREATE INDEX ON t_mailbox_replica (container_id, name);
CREATE TABLE t_message_body_purge_queue (
  message_body_guid bytea PRIMARY KEY,
  created timestamp NOT NULL DEFAULT now(),
  removed date
);
CREATE FUNCTION queue_orphan_body() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM t_mailbox_record WHERE message_body_guid = OLD.message_body_guid) THEN
    INSERT INTO t_message_body_purge_queue (message_body_guid) VALUES (OLD.message_body_guid) ON CONFLICT DO NOTHING;
  END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION unqueue_body() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM t_message_body_purge_queue WHERE message_body_guid = NEW.message_body_guid;
  RETURN NEW;
END $$;
CREATE TRIGGER record_deleted AFTER DELETE ON t_mailbox_record FOR EACH ROW EXECUTE FUNCTION queue_orphan_body();
CREATE TRIGGER record_inserted AFTER INSERT ON t_mailbox_record FOR EACH ROW EXECUTE FUNCTION unqueue_body();
