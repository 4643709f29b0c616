begin;
-- Tests that change the platform's policies wait for each other: its roles are lent once at a time.
do $$ begin perform pg_advisory_xact_lock(hashtext('tests: policies of the platform')); end $$;
select plan(10);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
create temporary table given as select j.* from ada, tests.register(user_id) j;
select tests.end_transaction();
update pipeline_internal.limits set live_status = false;
select tests.store_object(document_id) from given;
select tests.end_transaction();
select is((select count(*) from ada, tests.messages_to(user_id)), 1::bigint, 'sends nothing while the switch is off');
select is(
  (select max(event_no) from ada join upload_pipeline.live_events using (user_id)), 1::bigint, 'uses no number');
select is((select is_on from pipeline_internal.live_report()), false, 'reports the switch');
select is(
  (select details -> 'to' from pipeline_internal.audit_log
   where action = 'setting_changed' order by audit_no desc limit 1),
  '{"live_status": false}', 'audits the switch');
update pipeline_internal.limits set live_status = true;
select results_eq('select is_on, has_realtime, has_policies from pipeline_internal.live_report()',
  'values (true, true, true)', 'reports that everything is there');
select tests.finish_parse(job_id) from given;
select tests.register(user_id) from bob;
select tests.end_transaction();
select is(
  (select max(event_no) from ada, tests.messages_to(user_id)), 2::bigint, 'continues with the next number');

drop policy "pipeline: owners receive" on realtime.messages;
select is((select has_policies from pipeline_internal.live_report()), false, 'reports a missing policy');
select pipeline_internal.open_live_topics();
select is((select has_policies from pipeline_internal.live_report()), true, 'creates it again');

delete from auth.users where id = (select user_id from ada);
select tests.end_transaction();
select is_empty(
  $$select topic from realtime.messages, ada where topic = 'user:' || user_id
    union all select user_id::text from upload_pipeline.live_events join ada using (user_id)$$,
  'removes a deleted account''s messages and numbers, and sends it none');
select is((select count(*) from bob, tests.messages_to(user_id)), 1::bigint, 'keeps those of others');

select * from finish();
rollback;
