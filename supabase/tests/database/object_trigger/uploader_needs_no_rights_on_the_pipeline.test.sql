-- A user who uploads through Storage writes the row of storage.objects; the trigger does the rest as its owner.
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
  $$, 'the user uploads');
select results_eq(
  'select status, stage from upload_pipeline.upload_jobs where job_id = (select job_id from given)',
  $$values ('uploaded', 'parse')$$, 'and sees that work has begun');
reset role;
select is(tests.message_count((select job_id from given)), 1::bigint, 'the message is there');

select * from finish();
rollback;
