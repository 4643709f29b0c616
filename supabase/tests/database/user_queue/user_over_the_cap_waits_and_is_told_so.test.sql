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
  $$, 'two are in work, the others wait, and their owner is told for what and in which place');
select results_eq(
  'select n, tests.message_count(job_id) from given order by n', 'values (1, 1::bigint), (2, 1), (3, 0), (4, 0), (5, 0)',
  'what waits in line has no message');
select is((select count(*) from pipeline_internal.claim('parse', 10)), 2::bigint, 'so no worker gets it');
select is(
  (pipeline_internal.register_upload(
    user_id, '4.pdf', 'application/pdf', 1000, encode(extensions.digest('4', 'sha256'), 'hex'), false, 'again')).outcome,
  'duplicate', 'its bytes are there: registering them again leaves it where it is') from people where name = 'ada';
select is((select queue_position from upload_pipeline.document_status join given using (job_id) where n = 4), 2, 'in its place');

create temporary table of_ben as select tests.upload(user_id, 'ben') as job_id from people where name = 'ben';
select is(tests.message_count(job_id), 1::bigint, 'another user''s document does not stand in this line') from of_ben;

select tests.act_as((select user_id from people where name = 'ada'));
select results_eq(
  'select queue_position from upload_pipeline.document_status where queue_position is not null order by 1', 'values (1), (2), (3)',
  'the owner sees the places as the operator does');
select tests.act_as((select user_id from people where name = 'ben'));
select results_eq(
  'select queue_position from upload_pipeline.document_status', 'values (null::int)', 'the other user sees only that nothing holds theirs up');
reset role;

select * from finish();
rollback;
