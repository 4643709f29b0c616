begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create temporary table given as select j.* from ada, tests.register(user_id, 'given') j;
create temporary table other as select j.* from ada, tests.register(user_id, 'other') j;

select tests.store_object(document_id, null) from given;
select is((tests.job((select job_id from given))).status, 'awaiting_upload', 'ignores a row without metadata');
select tests.store_object(document_id, '{"mimetype": "application/pdf"}') from given;
select is((tests.job((select job_id from given))).status, 'awaiting_upload', 'ignores a row without a size');

select tests.store_object(document_id, '{"size": 1000, "mimetype": "application/pdf"}') from given;
select results_eq(
  'select status, state, stage from tests.job((select job_id from given))', $$values ('uploaded', 'queued', 'parse')$$,
  'starts processing when the size is set');
select is(tests.message_count((select job_id from given)), 1::bigint, 'sends one message');
create temporary table before as select tests.snapshot(job_id) as picture from given;

select tests.store_object(document_id, '{"size": 2000}') from given;
select is(tests.snapshot((select job_id from given)), (select picture from before),
  'ignores a replacement after the start');
select tests.finish_parse(job_id) from given;
create temporary table later as select tests.snapshot(job_id) as picture from given;
select tests.store_object(document_id, '{"size": 3000}') from given;
select is(tests.snapshot((select job_id from given)), (select picture from later),
  'ignores a replacement at a later stage');

insert into storage.objects (bucket_id, name, metadata)
select 'files', format('user/%s/raw/%s.pdf', user_id, gen_random_uuid()), '{"size": 1}' from ada;
select is((tests.job((select job_id from other))).status, 'awaiting_upload',
  'ignores an object without a registration');
insert into storage.buckets (id, name) values ('elsewhere', 'elsewhere');
insert into storage.objects (bucket_id, name, metadata)
select 'elsewhere', raw_path, '{"size": 1}' from upload_pipeline.documents
  where document_id = (select document_id from other);
select is((tests.job((select job_id from other))).status, 'awaiting_upload', 'ignores an object in another bucket');

select tests.store_object(document_id) from other;
select is((tests.job((select job_id from other))).status, 'uploaded',
  'starts processing when the object is inserted with its size');

select * from finish();
rollback;
