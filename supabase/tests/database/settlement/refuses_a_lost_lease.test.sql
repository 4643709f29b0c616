-- Another worker has read the message since; the report of the first one comes too late.
begin;
select plan(30);

create function pg_temp.settlements() returns table (name text, stage text, call text)
language sql as $$
  values
    ('finish_parse', 'parse',
      'finish_parse($1, (select submission_id from pipeline_internal.submissions where job_id = $2), ''late'')'),
    ('finish_fetch_result', 'fetch_result',
      'finish_fetch_result($1, ''user/x/parsed/late.md'', repeat(''b'', 64), array[0])'),
    ('poll_later', 'fetch_result', 'poll_later($1)'),
    ('reject_parse', 'fetch_result', 'reject($1, ''LATE'', ''late'')'),
    ('finish_chunk', 'chunk',
      'finish_chunk($1, ''markdown-simple'', ''1'', '
      '''[{"ord": 0, "heading_path": [], "text": "late", "tokens": 1}]'')'),
    ('store_embeddings', 'embed',
     'store_embeddings($1, ''late'', array(select chunk_id from pipeline_internal.pending_chunks c join '
     'upload_pipeline.upload_jobs using (document_id) where job_id = $2 order by ord), array[tests.axis(8), '
     'tests.axis(9)])'),
    ('finish_embed', 'embed', 'finish_embed($1)'),
    ('retry', 'embed', 'retry($1, ''LATE'', ''late'', 9)'),
    ('pause', 'embed', 'pause($1, 9, ''LATE'', ''late'')'),
    ('reject', 'embed', 'reject($1, ''LATE'', ''late'')')
$$;

create function pg_temp.check_late(p_name text, p_stage text, p_call text) returns setof text
language plpgsql as $$
declare
  v_job upload_pipeline.upload_jobs := tests.job_at(p_stage, p_seed => p_name);
  v_late pipeline_internal.lease := tests.reclaim(p_stage, v_job.job_id);
  v_valid pipeline_internal.lease := tests.reclaim(p_stage, v_job.job_id);
  v_before jsonb;
  v_settled boolean;
begin
  if p_stage = 'parse' then
    perform pipeline_internal.begin_submission(v_valid);
  elsif p_stage = 'embed' then
    perform tests.embed(v_valid, v_job.document_id);
  end if;
  v_before := tests.snapshot(v_job.job_id);

  execute 'select tests.' || p_call into v_settled using v_late, v_job.job_id;
  return next is(v_settled, false, p_name || ' is refused for a lost lease');
  return next is(tests.snapshot(v_job.job_id), v_before, p_name || ' changes nothing for a lost lease');

  execute 'select tests.' || p_call into v_settled using v_valid, v_job.job_id;
  return next is(v_settled, true, p_name || ' takes effect for the current lease');
end $$;

select checked from pg_temp.settlements() s, pg_temp.check_late(s.name, s.stage, s.call) checked;

select * from finish();
rollback;
