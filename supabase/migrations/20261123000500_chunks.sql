-- Chunks of the parsed text with their vectors and words: the active version, and the pending version.

create table upload_pipeline.document_chunks (
  chunk_id uuid primary key,
  document_id uuid not null,
  user_id uuid not null,
  chunker_name text not null,
  chunker_version text not null,
  -- The ordinal of the chunk in its document.
  chunk_ord int not null check (chunk_ord >= 0),
  -- The pages of the text, counted from 1; null if the parser named no pages.
  page_from int check (page_from > 0),
  page_to int,
  -- The start of each of these pages in the text, in characters from 0.
  page_offsets int[] not null default '{}',
  heading_path text[] not null default '{}',
  text text not null check (text <> ''),
  -- The document's title and the headings above the text, for the provider and the index.
  context text not null default '',
  -- The digest of the embedded text: context and text.
  chunk_sha text not null check (chunk_sha ~ '^[0-9a-f]{64}$'),
  token_count int not null check (token_count > 0),
  embed_model text not null,
  -- Stored in the row: a search reads nothing else of thousands of chunks.
  embedding extensions.halfvec(1536) storage plain not null,
  -- The sign of each number of the vector: enough to choose the vectors that are worth comparing in full.
  embedding_signs bit(1536) generated always as (extensions.binary_quantize(embedding)::bit(1536)) stored,
  embedded_at timestamptz not null,
  search_text tsvector not null,
  created_at timestamptz not null default now(),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,
  constraint pages_are_a_range check (
    (page_from is null) = (page_to is null) and page_to >= page_from
    and cardinality(page_offsets) = coalesce(page_to - page_from + 1, 0))
-- Two rows fit in a page: the vector and the short columns stay in it, and only long texts and words are toasted.
) with (toast_tuple_target = 4080);
comment on table upload_pipeline.document_chunks is
  'The active version, which answers searches. Each row is written once, complete. chunk_id = UUIDv5(namespace, '
  'document_id:chunker_name:chunker_version:chunk_sha:n), where n counts, from 0, the chunks of the document that '
  'embed the same text.';
-- Also finds a text that was embedded before for this user, in any document.
create index document_chunks_user_id_idx on upload_pipeline.document_chunks (user_id, chunk_sha);
create index document_chunks_document_id_idx on upload_pipeline.document_chunks (document_id, chunk_ord);
-- A vector search compares the signs of all of the caller's vectors, in the index alone.
create index document_chunks_signs_idx on upload_pipeline.document_chunks (user_id, document_id)
  include (embedding_signs, chunk_id);
-- A word search reads the postings of its caller only. Writers append to the pending list, which is short enough (kB)
-- for a search to scan.
create index document_chunks_words_idx on upload_pipeline.document_chunks
  using gin (pipeline_words.keys(user_id, search_text)) with (fastupdate = on, gin_pending_list_limit = 512);

-- In the engine's schema, so that users never read half a document.
create table pipeline_internal.pending_chunks (
  document_id uuid not null,
  -- The ordinal of the chunk in the pending version.
  ord int not null check (ord >= 0),
  chunk_id uuid not null,
  user_id uuid not null,
  chunker_name text not null,
  chunker_version text not null,
  page_from int check (page_from > 0),
  page_to int,
  page_offsets int[] not null,
  heading_path text[] not null,
  text text not null check (text <> ''),
  context text not null,
  chunk_sha text not null,
  token_count int not null check (token_count > 0),
  search_text tsvector not null,
  -- The only index: a chunk is always looked up within its document.
  primary key (document_id, ord),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,
  constraint pages_are_a_range check (
    (page_from is null) = (page_to is null) and page_to >= page_from
    and cardinality(page_offsets) = coalesce(page_to - page_from + 1, 0))
-- Each row is read once, soon and completely, so nothing is compressed or toasted.
) with (toast_tuple_target = 8160);
comment on table pipeline_internal.pending_chunks is
  'The pending version of a document. The end of embed moves all of its chunks to document_chunks, each with its '
  'vector.';

create table pipeline_internal.pending_vectors (
  document_id uuid not null,
  -- The digest of the embedded text, as in pending_chunks; several chunks of the document may share it.
  chunk_sha text not null,
  user_id uuid not null,
  embed_model text not null,
  embedding extensions.halfvec(1536) storage plain not null,
  embedded_at timestamptz not null,
  primary key (document_id, chunk_sha),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade
-- The vector makes the row long; the short columns stay beside it.
) with (toast_tuple_target = 4080);
comment on table pipeline_internal.pending_vectors is
  'The vectors of the pending version, each written once. They stay until the document answers with them, even if it '
  'is chunked again before, because they were paid for.';
create index pending_vectors_user_id_idx on pipeline_internal.pending_vectors (user_id, chunk_sha);

create function pipeline_internal.document_id(p_user_id uuid, p_sha256 text) returns uuid
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42', p_user_id::text || ':' || p_sha256);
end $$;
comment on function pipeline_internal.document_id is
  'The id of a document: the same bytes of the same user yield the same id. The file name is never part of it.';

create function pipeline_internal.chunk_id(
  p_document_id uuid, p_chunker_name text, p_chunker_version text, p_chunk_sha text, p_n int
) returns uuid
language sql immutable strict parallel safe set search_path = '' as $$
  select extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42',
    p_document_id::text || ':' || p_chunker_name || ':' || p_chunker_version || ':' || p_chunk_sha || ':' || p_n)
$$;
comment on function pipeline_internal.chunk_id is
  'The id of a chunk: the same text of the same document and chunker yields the same id, at any position. p_n: how '
  'many earlier chunks embed the same text.';

create function pipeline_internal.embedded_text(p_context text, p_text text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
  select case when p_context = '' then p_text else p_context || e'\n\n' || p_text end
$$;
comment on function pipeline_internal.embedded_text is
  'The text that the provider embeds for a chunk, and whose digest is chunk_sha.';

create function pipeline_internal.headings(p_context text, p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Markdown headings within the text describe it as well as the headings above it.
  return concat_ws(
    e'\n', p_context,
    (select string_agg(m.heading[1], e'\n') from regexp_matches(p_text, '^#{1,6} +(.+)$', 'gn') m (heading)));
end $$;
comment on function pipeline_internal.headings is 'The headings above a chunk''s text, and those within it.';

create function pipeline_internal.search_text(p_headings tsvector, p_text tsvector, p_filename tsvector)
  returns tsvector
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return setweight(p_headings, 'B') || p_text || p_filename;
end $$;
comment on function pipeline_internal.search_text(tsvector, tsvector, tsvector) is
  'The words by which a search finds a chunk: those of its text, of its headings, which have more weight, and of the '
  'file name.';

create function pipeline_internal.search_text(p_language text, p_filename text, p_context text, p_text text)
  returns tsvector
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_config regconfig := pipeline_words.config(p_language);
begin
  return pipeline_internal.search_text(
    pipeline_words.vector(v_config, pipeline_internal.headings(p_context, p_text)),
    pipeline_words.vector(v_config, p_text), pipeline_words.vector(v_config, p_filename));
end $$;
comment on function pipeline_internal.search_text(text, text, text, text) is
  'The same, computed from the texts of one chunk.';
