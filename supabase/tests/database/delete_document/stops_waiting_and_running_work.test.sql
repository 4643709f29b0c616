begin;
select plan(12);

create function pg_temp.check_deletion(p_stage text) returns setof text
language plpgsql as $$
declare
  v_waiting upload_pipeline.upload_jobs := tests.job_at(p_stage, null, 'waiting');
  v_working upload_pipeline.upload_jobs := tests.job_at(p_stage, null, 'working');
  v_lease pipeline_internal.lease;
begin
  perform pipeline_internal.delete_document(v_waiting.user_id, v_waiting.document_id);
  return next is(tests.message_count(v_waiting.job_id), 0::bigint, p_stage || ': deletes the message');

  perform tests.make_due(v_working.job_id);
  v_lease := tests.claim(p_stage, v_working.job_id);
  perform pipeline_internal.delete_document(v_working.user_id, v_working.document_id);
  return next is(
    tests.settle(v_lease, '{"outcome": "retry", "code": "X", "message": "x"}'), false,
    p_stage || ': refuses the settlement of the worker');
  return next is(tests.message_count(v_working.job_id), 0::bigint, p_stage || ': leaves no rows');
end $$;

select pg_temp.check_deletion('parse');
select pg_temp.check_deletion('fetch_result');
select pg_temp.check_deletion('chunk');
select pg_temp.check_deletion('embed');

select * from finish();
rollback;
