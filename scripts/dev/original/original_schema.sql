-- The tables of the Python system that this project replaces, from its documentation: names, ids, statuses and states
-- are its own; undocumented columns are assumed. An operator restores a dump into the schema `original`
-- (docs/deploying/moving.md). The import's test uses this file.

create schema original;

create table original.documents (
  document_id uuid primary key,
  user_id uuid not null,
  filename text not null,
  mime text not null,
  bytes_len bigint not null,
  file_sha256 text not null,
  parsed_sha256 text,
  -- In the bucket `files`, with or without its name in front.
  raw_path text not null,
  parsed_path text,
  processing_status text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table original.upload_jobs (
  job_id uuid primary key,
  document_id uuid not null references original.documents,
  status text not null,
  state text not null,
  retry_count int not null default 0,
  last_error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table original.document_chunks (
  chunk_id uuid primary key,
  document_id uuid not null references original.documents,
  chunker_name text not null,
  chunker_version text not null,
  chunk_ord int not null,
  text text not null,
  chunk_sha text not null,
  embed_model text,
  embedding extensions.vector(1536),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table original.events (
  event_id uuid primary key,
  job_id uuid not null,
  document_id uuid not null,
  type text not null,
  severity text not null,
  code text not null,
  payload jsonb,
  correlation_id uuid,
  created_at timestamptz not null default now()
);
