-- The document is chunked a second time with the same chunker: one text is the same, one has changed, one is gone.
begin;
select plan(7);

create function pg_temp.piece(p_ord int, p_text text) returns jsonb
language sql as $$
  select jsonb_build_object('ord', p_ord, 'heading_path', '[]'::jsonb, 'text', p_text, 'tokens', 3)
$$;
create temporary table ada as select tests.create_user() as user_id;
create temporary table bystander as select j.* from ada, tests.complete_document(user_id, 'bystander') j;
create temporary table bystander_before as select tests.snapshot(job_id) as picture from bystander;

create temporary table given as select j.* from ada, tests.job_at('chunk', user_id, 'given') j;
select tests.finish_chunk(
  tests.claim('chunk', job_id), 'markdown-simple', '1',
  jsonb_build_array(pg_temp.piece(0, 'the same'), pg_temp.piece(1, 'before'), pg_temp.piece(2, 'gone'))) from given;
create temporary table embedding as select tests.claim('embed', job_id) as lease from given;
select tests.embed(lease, document_id) from embedding, given;
select tests.reject(lease, 'BAD', 'bad') from embedding;
-- A new upload passes through every stage again.
create temporary table again as select j.* from ada, tests.job_at('chunk', user_id, 'given') j;
select is((select job_id from again), (select job_id from given), 'resumes the same document');
create temporary table before as
  select n.* from given, tests.pending_chunks(document_id) n;
select is((select count(*) from before where embedding is not null), 3::bigint, 'stores three vectors');

select is(
  tests.finish_chunk(
    tests.claim('chunk', job_id), 'markdown-simple', '1',
    jsonb_build_array(pg_temp.piece(0, 'the same'), pg_temp.piece(1, 'after'))),
  true, 'settles with two chunks') from given;
create temporary table after as
  select n.* from given, tests.pending_chunks(document_id) n;

select results_eq(
  'select ord, text, embedding is not null, embed_model from after order by ord',
  $$values (0, 'the same', true, 'model'), (1, 'after', false, null)$$,
  'keeps the vector of the same text only');
select results_eq(
  'select a.embedding::text, a.embedded_at from after a where ord = 0',
  'select b.embedding::text, b.embedded_at from before b where ord = 0', 'keeps the paid vector');
select is(
  (select chunk_id from after where ord = 0), (select chunk_id from before where ord = 0),
  'keeps the chunk''s id');
select is(
  tests.snapshot((select job_id from bystander)), (select picture from bystander_before),
    'leaves another document unchanged');

select * from finish();
rollback;
