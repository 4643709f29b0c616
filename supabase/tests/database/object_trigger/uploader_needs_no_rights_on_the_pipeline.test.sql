-- A user who uploads through Storage inserts the row of storage.objects; the trigger runs as its owner.
begin;
select plan(3);

create temporary table given as select j.* from tests.create_user() u, tests.register(u, 'given') j;
grant select on given to authenticated;
select tests.act_as(user_id) from given;
select lives_ok(
  $$
    insert into storage.objects (bucket_id, name, owner_id, metadata)
    select 'files', raw_path, user_id, '{"size": 1000}'
    from upload_pipeline.documents where document_id = (select document_id from given)
  $$, 'accepts a user''s upload');
select results_eq(
  'select status, stage from upload_pipeline.upload_jobs where job_id = (select job_id from given)',
  $$values ('uploaded', 'parse')$$, 'shows the new status to the user');
reset role;
select is(tests.message_count((select job_id from given)), 1::bigint, 'sends the message');

select * from finish();
rollback;
