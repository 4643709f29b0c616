-- Chunks of the parsed text, with their vectors and their words: those that answer questions, and those that are on their way.

create table upload_pipeline.document_chunks (
  chunk_id uuid primary key,
  document_id uuid not null,
  user_id uuid not null,
  chunker_name text not null,
  chunker_version text not null,
  -- Its place among those of its document.
  chunk_ord int not null check (chunk_ord >= 0),
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
  embed_model text not null,
  -- In the row itself: of thousands of chunks nothing else is read.
  embedding extensions.halfvec(1536) storage plain not null,
  -- The sign of each number of the vector: enough to tell which vectors are worth comparing in full.
  embedding_signs bit(1536) generated always as (extensions.binary_quantize(embedding)::bit(1536)) stored,
  embedded_at timestamptz not null,
  search_text tsvector not null,
  created_at timestamptz not null default now(),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,
  constraint pages_are_a_range check (
    (page_from is null) = (page_to is null) and page_to >= page_from
    and cardinality(page_offsets) = coalesce(page_to - page_from + 1, 0))
-- Two rows a page: the vector, and what is short beside it. Only long texts and words are kept apart.
) with (toast_tuple_target = 4080);
comment on table upload_pipeline.document_chunks is
  'What answers questions; a row is written once, whole. chunk_id = UUIDv5(namespace, document_id:chunker_name:chunker_version:chunk_sha:n), n counting from 0 the chunks of the document that embed the same.';
-- Also finds a text that this user has had embedded already, in whichever document.
create index document_chunks_user_id_idx on upload_pipeline.document_chunks (user_id, chunk_sha);
create index document_chunks_document_id_idx on upload_pipeline.document_chunks (document_id, chunk_ord);
-- A question by meaning compares the signs of all that its owner has, without reading the table.
create index document_chunks_signs_idx on upload_pipeline.document_chunks (user_id, document_id)
  include (embedding_signs, chunk_id);
-- A question by words reads no postings but its owner's. Whoever writes adds to the pending list, in kB, which is short enough
-- for a question to read through.
create index document_chunks_words_idx on upload_pipeline.document_chunks
  using gin (pipeline_words.keys(user_id, search_text)) with (fastupdate = on, gin_pending_list_limit = 512);

-- In the engine's schema, so that nobody reads half a document.
create table pipeline_internal.pending_chunks (
  document_id uuid not null,
  -- Its place among those that will answer when all of them have vectors.
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
  -- The only index: a chunk is looked for in its document alone.
  primary key (document_id, ord),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade,
  constraint pages_are_a_range check (
    (page_from is null) = (page_to is null) and page_to >= page_from
    and cardinality(page_offsets) = coalesce(page_to - page_from + 1, 0))
-- Rows that are read once, soon, and whole: nothing is compressed, nor kept apart.
) with (toast_tuple_target = 8160);
comment on table pipeline_internal.pending_chunks is
  'What a document is cut into while it is being embedded. The end of embed moves it to document_chunks as a whole, each with its vector.';

create table pipeline_internal.pending_vectors (
  document_id uuid not null,
  -- Of what was embedded, as in pending_chunks; several chunks of the document may embed the same.
  chunk_sha text not null,
  user_id uuid not null,
  embed_model text not null,
  embedding extensions.halfvec(1536) storage plain not null,
  embedded_at timestamptz not null,
  primary key (document_id, chunk_sha),
  foreign key (document_id, user_id)
    references upload_pipeline.documents (document_id, user_id) on delete cascade
-- The vector makes the row long; what is short stays with it.
) with (toast_tuple_target = 4080);
comment on table pipeline_internal.pending_vectors is
  'The vectors of a document''s next chunks, each written once. They stay until the document answers with them, however often it is cut until then: they were paid for.';
create index pending_vectors_user_id_idx on pipeline_internal.pending_vectors (user_id, chunk_sha);

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

create function pipeline_internal.headings(p_context text, p_text text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  -- Those that stand in the text itself, as Markdown has them, say as much of it as those above it.
  return concat_ws(
    e'\n', p_context,
    (select string_agg(m.heading[1], e'\n') from regexp_matches(p_text, '^#{1,6} +(.+)$', 'gn') m (heading)));
end $$;
comment on function pipeline_internal.headings is 'The headings above a chunk''s text, and those in it.';

create function pipeline_internal.search_text(p_headings tsvector, p_text tsvector, p_filename tsvector) returns tsvector
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return setweight(p_headings, 'B') || p_text || p_filename;
end $$;
comment on function pipeline_internal.search_text(tsvector, tsvector, tsvector) is
  'The words by which a chunk is found: those of its text, of the headings above and in it, which count for more, and of the file''s name.';

create function pipeline_internal.search_text(p_language text, p_filename text, p_context text, p_text text) returns tsvector
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_config regconfig := pipeline_words.config(p_language);
begin
  return pipeline_internal.search_text(
    pipeline_words.vector(v_config, pipeline_internal.headings(p_context, p_text)),
    pipeline_words.vector(v_config, p_text), pipeline_words.vector(v_config, p_filename));
end $$;
comment on function pipeline_internal.search_text(text, text, text, text) is 'The same of a chunk by itself.';
