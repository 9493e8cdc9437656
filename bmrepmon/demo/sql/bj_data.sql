-- The tables of a bj-data database that replication fills, as in BlueMind 4.1 (2019), written from their description.
CREATE TABLE t_container (
  id serial PRIMARY KEY,
  uid text UNIQUE NOT NULL,
  container_type text NOT NULL,
  name text NOT NULL,
  owner text NOT NULL,
  createdby text NOT NULL DEFAULT 'system',
  updatedby text NOT NULL DEFAULT 'system',
  created timestamp NOT NULL DEFAULT now(),
  updated timestamp NOT NULL DEFAULT now(),
  defaultcontainer boolean NOT NULL DEFAULT false,
  domain_uid text,
  readonly boolean NOT NULL DEFAULT false
);
CREATE TABLE t_container_item (
  id bigserial PRIMARY KEY,
  container_id int NOT NULL REFERENCES t_container (id) ON DELETE CASCADE,
  uid text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  external_id text,
  displayname text,
  created timestamp NOT NULL DEFAULT now(),
  updated timestamp NOT NULL DEFAULT now(),
  flags int NOT NULL DEFAULT 0,
  UNIQUE (container_id, uid)
);
CREATE TABLE t_message_body (
  guid bytea PRIMARY KEY,
  subject text,
  structure jsonb NOT NULL DEFAULT '{}',
  headers jsonb NOT NULL DEFAULT '[]',
  recipients jsonb NOT NULL DEFAULT '[]',
  message_id text,
  references_header text[],
  date_header timestamp,
  size integer NOT NULL,
  preview varchar(160),
  body_version integer NOT NULL DEFAULT 3,
  created timestamp NOT NULL DEFAULT now()
);
CREATE TABLE t_mailbox_record (
  message_body_guid bytea NOT NULL,
  imap_uid int8 NOT NULL,
  mod_seq int8 NOT NULL,
  last_updated timestamp NOT NULL,
  internal_date timestamp NOT NULL,
  system_flags int4 NOT NULL,
  other_flags text[] NOT NULL DEFAULT '{}',
  item_id bigint UNIQUE NOT NULL REFERENCES t_container_item (id) ON DELETE CASCADE
);
CREATE INDEX ON t_mailbox_record (imap_uid);
CREATE INDEX ON t_mailbox_record (message_body_guid);
CREATE TABLE t_mailbox_replica (
  short_name text NOT NULL,
  parent_uid text,
  name text NOT NULL,
  last_uid int8 NOT NULL,
  highest_mod_seq int8 NOT NULL,
  recent_uid int8 NOT NULL,
  recent_time timestamp NOT NULL,
  last_append_date timestamp NOT NULL,
  pop3_last_login timestamp,
  uid_validity int8 NOT NULL,
  acls jsonb NOT NULL DEFAULT '[]',
  options text NOT NULL,
  sync_crc int8 NOT NULL,
  quotaroot text,
  item_id bigint UNIQUE NOT NULL REFERENCES t_container_item (id) ON DELETE CASCADE
);
