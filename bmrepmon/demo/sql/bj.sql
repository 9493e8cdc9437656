-- The tables of the bj database that name servers, domains and mailboxes, written from their description.
CREATE TYPE t_mailbox_type AS ENUM ('user', 'mailshare', 'resource', 'group');
CREATE TYPE t_mailbox_routing AS ENUM ('internal', 'external', 'none');
CREATE TABLE t_container (
  id serial PRIMARY KEY,
  uid text UNIQUE NOT NULL,
  container_type text NOT NULL,
  name text NOT NULL,
  owner text NOT NULL,
  domain_uid text
);
CREATE TABLE t_container_item (
  id bigserial PRIMARY KEY,
  container_id int NOT NULL REFERENCES t_container (id),
  uid text NOT NULL,
  UNIQUE (container_id, uid)
);
CREATE TABLE t_server (item_id bigint UNIQUE NOT NULL, ip text, fqdn text, name text NOT NULL, tags text[] NOT NULL);
CREATE TABLE t_server_assignment (server_uid text NOT NULL, domain_uid text NOT NULL, tag text NOT NULL);
CREATE TABLE t_domain (
  item_id bigint UNIQUE NOT NULL,
  label text NOT NULL,
  name text UNIQUE NOT NULL,
  global boolean NOT NULL DEFAULT false,
  aliases text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE t_mailbox (
  item_id bigint UNIQUE NOT NULL,
  name text NOT NULL,
  type t_mailbox_type NOT NULL,
  system boolean NOT NULL DEFAULT false,
  hidden boolean NOT NULL DEFAULT false,
  archived boolean NOT NULL DEFAULT false,
  routing t_mailbox_routing NOT NULL DEFAULT 'internal',
  quota int
);
