begin;
select plan(7);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.fail(p_stage text, p_seed text) returns uuid
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at(p_stage, (select user_id from ada), p_seed);
begin
  perform tests.reject(tests.reclaim(p_stage, v_job.job_id), 'REDRIVE_DRY', 'bad');
  return v_job.job_id;
end $$;

create temporary table given (name text, job_id uuid);
insert into given values ('never parsed', pg_temp.fail('parse', 'never parsed'));
insert into given values ('not cut', pg_temp.fail('chunk', 'not cut'));
insert into given values ('not embedded', pg_temp.fail('embed', 'not embedded'));
-- Parsed once, so that its two pages are known; then uploaded again, and failed.
select pg_temp.fail('chunk', 'parsed before');
insert into given values ('parsed before', pg_temp.fail('fetch_result', 'parsed before'));
-- One of its two chunks has been paid for.
insert into given select 'half embedded', job_id from ada, tests.job_at('embed', user_id, 'half embedded');
create temporary table half as
  select c.chunk_id, tests.reclaim('embed', j.job_id) as lease
  from given join upload_pipeline.upload_jobs j using (job_id) join pipeline_internal.pending_chunks c
    using (document_id)
  where name = 'half embedded' and c.ord = 0;
select pipeline_internal.store_embeddings(lease, 'model', array[chunk_id], array[tests.axis(1)]) from half;
select tests.reject(lease, 'REDRIVE_DRY', 'bad') from half;
create temporary table before as select job_id, tests.snapshot(job_id) as picture from given;

create temporary table counted as select * from pipeline_internal.redrive_all(p_code => 'REDRIVE_DRY');
select is((select job_count from counted), 5::bigint, 'counts five failed jobs');
select is((select page_count from counted), 2::bigint, 'counts two known pages');
select is((select jobs_of_unknown_length from counted), 1::bigint, 'counts one document of unknown pages');
-- 8 and 6 of the one that has no vectors, 6 of the one that has half of them.
select is((select token_count from counted), 20::bigint, 'counts twenty tokens');
select is((select cost_cents from counted), 0.7500, 'estimates the cost at list price');
select is((select redriven_count from counted), 0::bigint, 'redrives none by default');
select is_empty('select job_id from before where tests.snapshot(job_id) <> picture', 'leaves the jobs unchanged');

select * from finish();
rollback;
