begin;
select plan(5);

create temporary table given as select * from tests.job_at('embed');
create function pg_temp.progress() returns text
language sql as $$
  select format('%s: %s%% of its stage, %s%% of all', status, stage_pct, total_pct)
  from upload_pipeline.document_status where document_id = (select document_id from given)
$$;
select is(pg_temp.progress(), 'embedding_queued: 0% of its stage, 65% of all',
  'shows the progress of the status while it waits');

create temporary table lease as select tests.claim('embed', job_id) as lease from given;
select is(pg_temp.progress(), 'embedding_in_progress: 10% of its stage, 70% of all',
  'shows no progress before a vector is stored');
select pipeline_internal.store_embeddings(lease, 'model', array[chunk_id], array[tests.axis(1)])
from lease, pipeline_internal.pending_chunks where document_id = (select document_id from given) and ord = 0;
select is(pg_temp.progress(), 'embedding_in_progress: 50% of its stage, 82% of all',
  'shows half of the stage for one of two vectors');
select tests.embed(lease, (select document_id from given)) from lease;
select tests.finish_embed(lease) from lease;
select is(pg_temp.progress(), 'complete: 100% of its stage, 100% of all', 'shows 100 % for a complete document');

select is(
  (select array_agg(total_pct order by event_no) from upload_pipeline.events e join upload_pipeline.statuses s
    using (status)
   where e.job_id = (select job_id from given)),
  (select array_agg(total_pct order by total_pct) from upload_pipeline.events e join upload_pipeline.statuses s
    using (status)
   where e.job_id = (select job_id from given)),
  'never shows decreasing progress');

select * from finish();
rollback;
