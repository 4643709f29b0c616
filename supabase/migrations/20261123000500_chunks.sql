-- Chunks of the parsed text, their vectors and their full-text index.

create table upload_pipeline.document_chunks (
  chunk_id uuid primary key,
  document_id uuid not null,
  user_id uuid not null,
  chunker_name text not null,
  chunker_version text not null,
  -- Whether it answers questions; and its place among those of its document that do.
  is_live boolean not null default false,
  chunk_ord int not null check (chunk_ord >= 0),
  -- Its place among the chunks that will answer when all of them have vectors; null: it is not one of those. A chunk
  -- that is neither is left of an earlier cutting, and goes when the next is whole.
  next_ord int check (next_ord >= 0),
  -- The pages that its text lies on, counted from 1; null if the parser named no pages.
  page_from int check (page_from > 0),
  page_to int,
  -- Where in the text each of these pages begins, in characters from 0.
  page_offsets int[] not null default '{}',
  heading_path text[] not null default '{}',
  text text not null check (text <> ''),
  -- The document's title and the headings above the text, for the provider and the index.
  context text not null default '',
  -- Of what is embedded: the context and the text.
  chunk_sha text not null check (chunk_sha ~ '^[0-9a-f]{64}$'),
  token_count int not null check (token_count > 0),
  embed_model text,
  embedding extensions.vector(1536),
  embedded_at timestamptz,
  search_text tsvector not null,
  created_at timestamptz not null default now(),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,
  constraint vector_has_its_model check (
    (embedding is null) = (embed_model is null) and (embedding is null) = (embedded_at is null)),
  constraint live_chunk_has_a_vector check (not is_live or embedding is not null),
  constraint pages_are_a_range check (
    (page_from is null) = (page_to is null) and page_to >= page_from
    and cardinality(page_offsets) = coalesce(page_to - page_from + 1, 0))
);
comment on table upload_pipeline.document_chunks is
  'chunk_id = UUIDv5(namespace, document_id:chunker_name:chunker_version:chunk_sha:n), n counting from 0 the chunks of the document that embed the same.';
-- Also finds a text that this user has had embedded already, in whichever document.
create index document_chunks_user_id_idx on upload_pipeline.document_chunks (user_id, chunk_sha);
create index document_chunks_document_id_idx on upload_pipeline.document_chunks (document_id, chunk_ord);
-- Only what answers is searched, so that a vector enters the index once: when its document's chunks go live.
create index document_chunks_search_text_idx on upload_pipeline.document_chunks using gin (search_text) where is_live;
create index document_chunks_embedding_idx on upload_pipeline.document_chunks
  using hnsw (embedding extensions.vector_cosine_ops) where is_live;
create unique index document_chunks_next_ord_idx on upload_pipeline.document_chunks (document_id, next_ord)
  where next_ord is not null;
-- What is still to be embedded, found without reading what is.
create index document_chunks_unembedded_idx on upload_pipeline.document_chunks (document_id, next_ord)
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
  p_document_id uuid, p_chunker_name text, p_chunker_version text, p_chunk_sha text, p_n int
) returns uuid
language sql immutable strict parallel safe set search_path = '' as $$
  select extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42',
    p_document_id::text || ':' || p_chunker_name || ':' || p_chunker_version || ':' || p_chunk_sha || ':' || p_n)
$$;
comment on function pipeline_internal.chunk_id is
  'The same chunk of the same document by the same chunker keeps its id, wherever it comes to stand. p_n: how many before it embed the same.';

create function pipeline_internal.embedded_text(p_context text, p_text text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
  select case when p_context = '' then p_text else p_context || e'\n\n' || p_text end
$$;
comment on function pipeline_internal.embedded_text is 'What the provider embeds of a chunk, and its chunk_sha is of.';

create function pipeline_internal.search_text(p_language text, p_filename text, p_context text, p_text text) returns tsvector
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_config regconfig := pipeline_words.config(p_language);
begin
  return setweight(pipeline_words.vector(v_config, p_context), 'B') || pipeline_words.vector(v_config, p_text)
         || pipeline_words.vector(v_config, p_filename);
end $$;
comment on function pipeline_internal.search_text is
  'The words by which a chunk is found: those of its text, of the headings above it, which count for more, and of the file''s name.';
