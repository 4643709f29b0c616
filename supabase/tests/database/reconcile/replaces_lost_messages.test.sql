begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create temporary table lost as select j.* from ada, tests.job_at('embed', user_id, 'lost') j;
create temporary table fresh as select j.* from ada, tests.job_at('embed', user_id, 'fresh') j;
create temporary table sound as select j.* from ada, tests.job_at('embed', user_id, 'sound') j;
create temporary table worked as select tests.claim('embed', job_id) as lease from lost;
select tests.backdate(job_id, '2 minutes') from lost;
select tests.backdate(job_id, '2 minutes') from sound;
create temporary table sound_before as select tests.snapshot(job_id) as picture from sound;
delete from pgmq.q_embed where msg_id in (select message_id from lost union all select message_id from fresh);

select results_eq('select requeued from pipeline_internal.reconcile()', array[1::bigint],
  'replaces one message that was missing for a minute');
select is(tests.message_count((select job_id from lost)), 1::bigint, 'sends a message');
select results_eq(
  'select status, state, stage, attempt_count from tests.job((select job_id from lost))',
  $$values ('embedding_in_progress', 'queued', 'embed', 0)$$, 'keeps the job''s stage and gives its attempt back');
select isnt(
  (select message_id from tests.job((select job_id from lost))), (select message_id from lost), 'sends a new message');
select is(tests.message_count((select job_id from fresh)), 0::bigint, 'waits a minute after the last update');
select is(tests.snapshot((select job_id from sound)), (select picture from sound_before),
  'leaves a job with its message unchanged');
select results_eq('select requeued from pipeline_internal.reconcile()', array[0::bigint], 'replaces it once');

select is(
  tests.finish_embed((select lease from worked)), false, 'refuses the lease of the old message');
select isnt((tests.claim('embed', (select job_id from lost))).msg_id, null, 'claims the new message');

select * from finish();
rollback;
