-- The answer to the first settlement was lost, so the worker settles again.
begin;
select plan(24);

create function pg_temp.settlements() returns table (name text, stage text, call text)
language sql as $$
  values
    ('finish_parse', 'parse',
      'finish_parse($1, (select submission_id from pipeline_internal.submissions where job_id = $2), ''p'')'),
    ('finish_fetch_result', 'fetch_result',
      'finish_fetch_result($1, ''user/x/parsed/y.md'', repeat(''b'', 64), array[0])'),
    ('finish_chunk', 'chunk', 'finish_chunk($1, ''markdown-simple'', ''1'', tests.two_chunks())'),
    ('finish_embed', 'embed', 'finish_embed($1)'),
    ('retry', 'embed', 'retry($1, ''AGAIN'', ''again'')'),
    ('pause', 'embed', 'pause($1, 9, ''AGAIN'', ''again'')'),
    ('poll_later', 'fetch_result', 'poll_later($1)'),
    ('reject', 'embed', 'reject($1, ''BAD'', ''bad'')')
$$;

create function pg_temp.check_twice(p_name text, p_stage text, p_call text) returns setof text
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at(p_stage, p_seed => p_name);
  v_lease pipeline_internal.lease := tests.reclaim(p_stage, v_job.job_id);
  v_before jsonb;
  v_settled boolean;
begin
  if p_stage = 'parse' then
    perform pipeline_internal.begin_submission(v_lease);
  elsif p_stage = 'embed' then
    perform tests.embed(v_lease, v_job.document_id);
  end if;

  execute 'select tests.' || p_call into v_settled using v_lease, v_job.job_id;
  v_before := tests.snapshot(v_job.job_id);
  return next is(v_settled, true, p_name || ' takes effect the first time');

  execute 'select tests.' || p_call into v_settled using v_lease, v_job.job_id;
  return next is(v_settled, false, p_name || ' is refused the second time');
  return next is(tests.snapshot(v_job.job_id), v_before, p_name || ' has no second effect');
end $$;

select checked from pg_temp.settlements() s, pg_temp.check_twice(s.name, s.stage, s.call) checked;

select * from finish();
rollback;
