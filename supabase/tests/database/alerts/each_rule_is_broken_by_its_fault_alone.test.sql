begin;
select plan(17);

-- pg_cron evaluates alerts too: it waits until this is over.
select pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));

create function pg_temp.broken() returns text[] language plpgsql as $$
begin
  perform pipeline_internal.measure(r) from pipeline_internal.alert_rules r;
  return array(
    select trim(rule || ' ' || subject) from pipeline_internal.alert_watches where broken_since is not null order by 1);
end $$;
create function pg_temp.now_broken(p_expected text) returns text language plpgsql as $$
declare
  v_before text[] := (select array_agg(rule_and_subject) from seen);
begin
  insert into seen select unnest(pg_temp.broken()) except select rule_and_subject from seen;
  return is(
    array(select rule_and_subject from seen where v_before is null or rule_and_subject <> all (v_before)),
    array[p_expected], p_expected);
end $$;
create temporary table seen (rule_and_subject text);
create temporary table given as select * from tests.job_at('chunk');
create function pg_temp.event(p_type text, p_status text, p_code text, p_job_id uuid default gen_random_uuid(), p_at interval default '0')
returns void language sql as $$
  insert into upload_pipeline.events (document_id, job_id, user_id, type, status, code, created_at)
  select document_id, p_job_id, user_id, p_type, p_status, p_code, clock_timestamp() - p_at from given
$$;
update pipeline_internal.alert_rules set threshold = 0 where rule = 'provider_circuit_open';

select is(pg_temp.broken(), array[]::text[], 'as long as all is well no rule is broken');

select pg_temp.event('status', 'complete', null) from generate_series(1, 28);
select pg_temp.event('failure', 'failed_parse', 'NOT_A_PDF') from generate_series(1, 28);
select is(pg_temp.broken(), array[]::text[], 'documents that are no good are nobody''s fault');
select pg_temp.event('failure', 'failed_parse', 'INTERNAL_ERROR') from generate_series(1, 3);
select pg_temp.now_broken('error_rate');

select pg_temp.event('status', s.status, null, j.id, s.at)
from (select gen_random_uuid() as id from generate_series(1, 20)) j,
     (values ('embedding_in_progress', interval '40 seconds'), ('complete', interval '0')) s (status, at);
select pg_temp.now_broken('slow_stage embedding_in_progress');

update upload_pipeline.upload_jobs set updated_at = now() - interval '301 seconds' where job_id = (select job_id from given);
select pg_temp.now_broken('queue_age chunk');

create temporary table stuck as select tests.job_at('collect', p_seed => 'stuck') as j;
update upload_pipeline.upload_jobs set state = 'working', claimed_at = now() - interval '16 minutes' where job_id = (select (j).job_id from stuck);
select pg_temp.now_broken('stuck_jobs collect');

create temporary table dead as
  select tests.job_at('parse', p_seed => 'dead' || n) as j, n from generate_series(1, 12) n;
select tests.reject(tests.take_over('parse', (j).job_id), 'EMPTY_DOCUMENT', 'empty') from dead where n = 12;
select tests.reject(tests.take_over('parse', (j).job_id), 'INTERNAL_ERROR', 'bad') from dead where n <= 10;
select is(
  array(select unnest(pg_temp.broken()) except select rule_and_subject from seen), array[]::text[], 'ten that were given up');
select tests.reject(tests.take_over('parse', (j).job_id), 'INTERNAL_ERROR', 'bad') from dead where n = 11;
select pg_temp.now_broken('dead_letter_growth');

select tests.add_provider('alarming');
update pipeline_internal.providers set opened_at = now() - interval '2 minutes', probe_at = now() where provider = 'alarming';
select pg_temp.now_broken('provider_circuit_open alarming');

insert into pipeline_internal.deliveries (event_id, event_type, received_at) values ('alerts', 'parse.success', now() - interval '2 hours');
insert into pipeline_internal.submissions (job_id, finished_at, outcome)
select (j).job_id, now(), 'collected' from stuck, generate_series(1, 6);
select pg_temp.now_broken('webhook_silence');
insert into pipeline_internal.deliveries (event_id, event_type) values ('alerts now', 'parse.success');
select ok('webhook_silence' <> all (pg_temp.broken()), 'one call ends the silence');

update pipeline_internal.alert_rules set threshold = 0.5 where rule = 'connection_use';
select pg_temp.now_broken('connection_use');

insert into pipeline_internal.worker_runs (stage, started_at, ended_at, ended_by)
select 'parse', case when n > 1 then now() end, now(), case when n > 1 then 'drained' else 'lost' end from generate_series(1, 20) n;
select pg_temp.now_broken('uptime');

insert into pipeline_internal.allowances (key, used_count, resets_at)
select 'requests:' || n, 1000000, now() + interval '1 hour' from generate_series(1, 11) n;
select pg_temp.now_broken('rate_limit_storm requests');

select pipeline_internal.record_search((j).user_id, 'text-embedding-3-small', 1000000000) from stuck;
update pipeline_internal.limits set monthly_budget_cents = pipeline_internal.spent_cents() * 1.2;
select pg_temp.now_broken('budget_nearly_spent');

select pipeline_internal.add_endpoint('alarmed', 'https://a.example.com', array['alert.opened']);
select pipeline_internal.announce('alert.opened', '{}', '');
update pipeline_internal.outbox set given_up_at = now();
select pg_temp.now_broken('undelivered_webhooks alarmed');

insert into cron.job_run_details (jobid, runid, status, end_time)
select j.jobid, -n, 'failed', now() from cron.job j, generate_series(1, 3) n where j.jobname = 'pipeline-purge';
select pg_temp.now_broken('cron_failing pipeline-purge');

select * from finish();
rollback;
