begin;
select plan(8);

update pipeline_internal.limits set active_documents_per_user = 2;
create temporary table people as select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
grant select on people to authenticated;
create temporary table given as
  select n, tests.upload(user_id, n::text) as job_id from people, generate_series(1, 5) n where name = 'ada' order by n;

select results_eq(
  $$
    select n, s.status, s.state, s.waiting_for, s.queue_position
    from given join upload_pipeline.document_status s using (job_id) order by n
  $$,
  $$
    values (1, 'uploaded', 'queued', null::text, null::int), (2, 'uploaded', 'queued', null, null),
           (3, 'uploaded', 'queued', 'YOUR_OTHER_DOCUMENTS', 1), (4, 'uploaded', 'queued', 'YOUR_OTHER_DOCUMENTS', 2),
           (5, 'uploaded', 'queued', 'YOUR_OTHER_DOCUMENTS', 3)
  $$, 'activates two documents and shows the others'' reason and position');
select results_eq(
  'select n, tests.message_count(job_id) from given order by n',
    'values (1, 1::bigint), (2, 1), (3, 0), (4, 0), (5, 0)',
  'sends no message for a queued document');
select is((select count(*) from pipeline_internal.claim('parse', 10)), 2::bigint, 'lets no worker claim it');
select is(
  (pipeline_internal.register_upload(
    user_id, '4.pdf', 'application/pdf', 1000, encode(extensions.digest('4', 'sha256'), 'hex'), false,
      'again')).outcome,
  'duplicate', 'leaves it queued when its bytes are registered again') from people where name = 'ada';
select is((select queue_position from upload_pipeline.document_status join given using (job_id) where n = 4), 2,
  'keeps its position');

create temporary table of_ben as select tests.upload(user_id, 'ben') as job_id from people where name = 'ben';
select is(tests.message_count(job_id), 1::bigint, 'queues no document of another user') from of_ben;

select tests.act_as((select user_id from people where name = 'ada'));
select results_eq(
  'select queue_position from upload_pipeline.document_status where queue_position is not null order by 1',
    'values (1), (2), (3)',
  'shows the same positions to the owner as to an operator');
select tests.act_as((select user_id from people where name = 'ben'));
select results_eq(
  'select queue_position from upload_pipeline.document_status', 'values (null::int)',
    'shows other users nothing about them');
reset role;

select * from finish();
rollback;
