begin;
select plan(6);

create function pg_temp.pieces(variadic p_texts text[]) returns jsonb
language sql as $$
  select jsonb_agg(jsonb_build_object('ord', ord - 1, 'heading_path', '[]'::jsonb, 'text', t, 'tokens', 3) order by ord)
  from unnest(p_texts) with ordinality p (t, ord)
$$;
create function pg_temp.cut(p_user_id uuid, p_seed text, p_pieces jsonb) returns upload_pipeline.upload_jobs
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at('chunk', p_user_id, p_seed);
begin
  perform tests.finish_chunk(tests.claim('chunk', v_job.job_id), 'markdown-simple', '1', p_pieces);
  return tests.job(v_job.job_id);
end $$;

create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create temporary table paid as
  select j.* from people, tests.complete_document(user_id, 'paid', pg_temp.pieces('the preamble', 'the fees')) j
    where name = 'ada';
create temporary table paid_before as select tests.snapshot(job_id) as picture from paid;

-- The preamble twice, and one new text.
create temporary table given as
  select j.* from people, pg_temp.cut(user_id, 'given', pg_temp.pieces('the preamble', 'the hours', 'the preamble')) j
    where name = 'ada';
select results_eq(
  'select c.ord, c.embedding::text, c.embed_model from given, tests.pending_chunks(document_id) c',
  $$values (0, replace(tests.axis(1), ' ', ''), 'model'), (1, null, null), (2, tests.axis(1), 'model')$$,
  'reuses the vector of the same text of the same user, at every position');
select results_eq(
  'select text from given, pipeline_internal.unembedded_chunks(document_id, 10)', array['the hours'],
    'embeds only the new text');
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(lease, 'model', array[u.chunk_id], array[tests.axis(9)])
from lease, given, pipeline_internal.unembedded_chunks(document_id, 10) u;
select is(tests.finish_embed(lease), true, 'completes the document with its vector') from lease;
select is(tests.snapshot(job_id), picture, 'leaves the document of the reused vectors unchanged')
  from paid, paid_before;

create temporary table of_ben as
  select j.* from people, pg_temp.cut(user_id, 'given', pg_temp.pieces('the preamble', 'the hours')) j
    where name = 'ben';
select is(
  (select count(*) from of_ben, pipeline_internal.unembedded_chunks(document_id, 10)), 2::bigint,
  'embeds the same text again for another user, so costs reveal nothing about others');

-- The text has a vector of another model.
update upload_pipeline.document_chunks set embed_model = 'former model'
  where document_id = (select document_id from paid);
delete from upload_pipeline.documents where document_id = (select document_id from given);
create temporary table later as
  select j.* from people, pg_temp.cut(user_id, 'later', pg_temp.pieces('the preamble')) j where name = 'ada';
select is(
  (select count(*) from later, pipeline_internal.unembedded_chunks(document_id, 10)), 1::bigint,
  'reuses no vector of another model');

select * from finish();
rollback;
