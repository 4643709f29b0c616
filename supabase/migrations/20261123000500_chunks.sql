-- Chunks of the parsed text, their vectors and their full-text index.

create table upload_pipeline.document_chunks (
  chunk_id uuid primary key,
  document_id uuid not null,
  user_id uuid not null,
  chunker_name text not null,
  chunker_version text not null,
  chunk_ord int not null check (chunk_ord >= 0),
  -- The page on which the chunk begins, counted from 1; null if the parser named no pages.
  page int check (page > 0),
  heading_path text[] not null default '{}',
  text text not null check (text <> ''),
  chunk_sha text not null check (chunk_sha ~ '^[0-9a-f]{64}$'),
  token_count int not null check (token_count > 0),
  embed_model text,
  embedding extensions.vector(1536),
  embedded_at timestamptz,
  search_text tsvector not null generated always as (to_tsvector('pg_catalog.english', text)) stored,
  created_at timestamptz not null default now(),
  unique (document_id, chunker_name, chunker_version, chunk_ord),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,
  constraint vector_has_its_model check (
    (embedding is null) = (embed_model is null) and (embedding is null) = (embedded_at is null))
);
comment on table upload_pipeline.document_chunks is
  'chunk_id = UUIDv5(namespace, document_id:chunker_name:chunker_version:chunk_ord).';
-- Also finds a text that this user has had embedded already, in whichever document.
create index document_chunks_user_id_idx on upload_pipeline.document_chunks (user_id, chunk_sha);
create index document_chunks_search_text_idx on upload_pipeline.document_chunks using gin (search_text);
create index document_chunks_embedding_idx on upload_pipeline.document_chunks
  using hnsw (embedding extensions.vector_cosine_ops);
-- What is still to be embedded, found without reading what is.
create index document_chunks_unembedded_idx on upload_pipeline.document_chunks (document_id, chunk_ord)
  where embedding is null;

create function pipeline_internal.document_id(p_user_id uuid, p_sha256 text) returns uuid
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42', p_user_id::text || ':' || p_sha256);
end $$;
comment on function pipeline_internal.document_id is
  'The same bytes of the same user are the same document. Never derived from a file name.';

create function pipeline_internal.chunk_id(
  p_document_id uuid, p_chunker_name text, p_chunker_version text, p_ord int
) returns uuid
language sql immutable strict parallel safe set search_path = '' as $$
  select extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42',
    p_document_id::text || ':' || p_chunker_name || ':' || p_chunker_version || ':' || p_ord)
$$;
comment on function pipeline_internal.chunk_id is
  'The same piece of the same document cut by the same chunker is the same chunk.';
