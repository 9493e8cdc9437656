-- A role that may count and compare, and nothing else. On each server with a bj-data database (BlueMind's tag bm/pgsql-data):
--
--   sudo -u postgres psql -d bj-data -f deploy/postgresql-grants.sql
--   sudo -u postgres psql -c '\password bmrepmon'
--
-- Run it again after an upgrade of BlueMind, or at any time: it changes nothing that is already right. Then write
-- [[backend]] database = "host=localhost dbname=bj-data user=bmrepmon" in /etc/bmrepmon/bmrepmon.toml, and the password
-- in a file: /etc/bmrepmon/database.password, readable by root only, is what bmrepmon.service takes.
-- To take it all back: DROP OWNED BY bmrepmon; DROP ROLE bmrepmon;
--
-- Before PostgreSQL 15 everybody who may connect may make tables of their own in the schema public. BlueMind may count
-- on that, so it is not taken from anybody here; the role's sessions are read-only unless they say otherwise.

\set ON_ERROR_STOP on
BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bmrepmon') THEN
    CREATE ROLE bmrepmon;
  END IF;
END
$$;

-- One connection watches, one more lets an administrator run `bmrepmon once` beside it.
ALTER ROLE bmrepmon LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 2;

-- Belt and braces: bmrepmon asks for these by itself, and for shorter ones.
ALTER ROLE bmrepmon SET default_transaction_read_only = on;
ALTER ROLE bmrepmon SET statement_timeout = '5min';
ALTER ROLE bmrepmon SET lock_timeout = '1s';
ALTER ROLE bmrepmon SET idle_in_transaction_session_timeout = '1min';

-- What everybody may do stays as it is; where that is nothing, these two let it in.
SELECT format('GRANT CONNECT ON DATABASE %I TO bmrepmon', current_database()) \gexec
GRANT USAGE ON SCHEMA public TO bmrepmon;

-- The bodies of messages are counted, not read: of the columns, only the key and the date of arrival are granted.
GRANT SELECT (guid, created) ON t_message_body TO bmrepmon;

-- Of folders and items, how far they are replicated, and not how they are called; of messages, the number, the flags
-- and which body each has. Which of these columns there are depends on the version.
SELECT format('GRANT SELECT (%s) ON %s TO bmrepmon', string_agg(quote_ident(attname), ', '), attrelid::regclass)
FROM pg_attribute
WHERE NOT attisdropped AND (
  attrelid = to_regclass('t_mailbox_replica')
  AND attname IN ('item_id', 'unique_id', 'last_uid', 'highest_mod_seq', 'uid_validity')
  OR attrelid = to_regclass('t_container') AND attname IN ('id', 'uid')
  OR attrelid = to_regclass('t_container_item') AND attname IN ('id', 'uid', 'container_id')
  OR attrelid = to_regclass('t_mailbox_record')
  AND attname IN ('message_body_guid', 'system_flags', 'imap_uid', 'container_id', 'item_id')
)
GROUP BY attrelid \gexec

COMMIT;
