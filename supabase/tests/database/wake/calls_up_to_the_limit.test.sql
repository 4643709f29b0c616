begin;
select plan(11);

select tests.set_secret('pipeline_functions_url', 'http://functions.test/functions/v1');
select tests.set_secret('pipeline_worker_secret', 'the worker''s secret');
select tests.add_stage('wake_places', 2);
-- Keeps the calls recent, however slowly the test runs.
create function pg_temp.just_called() returns void language sql as $$
  update pipeline_internal.worker_runs set called_at = clock_timestamp() + interval '1 hour'
  where stage = 'wake_places' and started_at is null and called_at >= now()
$$;

create temporary table first as select pipeline_internal.wake('wake_places') as run_id;
create temporary table second as select pipeline_internal.wake('wake_places') as run_id;
select pg_temp.just_called();
select isnt((select run_id from first), null, 'calls a worker');
select isnt((select run_id from second), null, 'calls a second worker');
select is(pipeline_internal.wake('wake_places'), null, 'calls no third worker at a limit of two');
select is(tests.calls('wake_places'), 2::bigint, 'queues two requests in pg_net');
select results_eq(
  $$select method::text, url from net.http_request_queue where url like '%/wake_places?%' order by id$$,
  $$
    select 'POST', 'http://functions.test/functions/v1/worker/wake_places?run_id=' || run_id
    from (select 1 as n, run_id from first union all select 2, run_id from second) r order by n
  $$, 'calls the stage''s route with the run''s id');
select is_empty(
  $$
    select url, headers
    from net.http_request_queue
    cross join lateral (select split_part(split_part(headers ->> 'authorization', ' ', 2), '.', 1) as expires) token
    where url like '%/wake_places?%'
      and headers ->> 'authorization' <> format('Bearer %s.%s', expires, encode(extensions.hmac(
        expires || ':' || split_part(url, '/worker/', 2), 'the worker''s secret', 'sha256'), 'hex'))
  $$, 'sends a token that is signed with the worker''s secret');
select is_empty(
  $$
    select headers from net.http_request_queue
    where url like '%/wake_places?%'
      and (headers::text like '%secret%'
           or split_part(split_part(headers ->> 'authorization', ' ', 2), '.', 1)::bigint - extract(epoch
             from clock_timestamp())
              not between 1 and 60)
  $$, 'sends a token that expires within a minute, and not the secret');

update pipeline_internal.worker_runs set called_at = now() - interval '6 seconds'
  where run_id = (select run_id from first);
select is(pipeline_internal.wake('wake_places'), null, 'counts a call that pg_net has not sent yet');
delete from net.http_request_queue where id = (select request_id from pipeline_internal.worker_runs
  where run_id = (select run_id from first));
select isnt(pipeline_internal.wake('wake_places'), null, 'does not count a call without an answer for five seconds');
update pipeline_internal.worker_runs
set started_at = now() - interval '1 minute', heartbeat_at = now() - interval '31 seconds'
  where run_id = (select run_id from second);
select isnt(pipeline_internal.wake('wake_places'), null, 'does not count a run without a heartbeat for half a minute');
select pg_temp.just_called();
select is(pipeline_internal.wake('wake_places'), null, 'reaches the limit again');

select * from finish();
rollback;
