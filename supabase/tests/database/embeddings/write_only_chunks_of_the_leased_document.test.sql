begin;
select plan(4);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.job_at('embed', user_id, 'given') j;
create temporary table other as select j.* from ada, tests.job_at('embed', tests.create_user('bob'), 'other') j;
create temporary table lease as select tests.reclaim('embed', job_id) as lease from given;
create temporary table before as select tests.snapshot(job_id) as picture from other;

select is(
  pipeline_internal.store_embeddings(
    (select lease from lease), 'model', array_agg(chunk_id), array_agg(tests.axis(9))), true,
      'refuses a batch with another document''s chunks')
from pipeline_internal.pending_chunks where document_id = (select document_id from other);
select is(tests.snapshot((select job_id from other)), (select picture from before),
  'leaves the other chunks unchanged');
select throws_ok(
  $$select pipeline_internal.store_embeddings((select lease from lease), 'model', array[chunk_id], array['[1, 2, 3]'])
    from pipeline_internal.pending_chunks where document_id = (select document_id from given) and ord = 0$$,
  '22000', null, 'refuses a vector of another length');
select throws_ok(
  $$select pipeline_internal.store_embeddings((select lease from lease), 'model', array[chunk_id], array[]::text[])
    from pipeline_internal.pending_chunks where document_id = (select document_id from given) and ord = 0$$,
  '23502', null, 'refuses a chunk without a vector');

select * from finish();
rollback;
