begin;
select plan(6);
select tests.lock_counters();

create temporary table counted as select counted_to from pipeline_internal.roll_up;
create temporary table done as select j.* from tests.complete_document(tests.create_user(), 'deleted soon') j;
create temporary table old as select j.* from tests.register(tests.create_user(), 'counted before') j;
create temporary table uncounted_events as
  select event_no, document_id, type, status, stage, code, created_at
  from upload_pipeline.events where document_id = (select document_id from done);

delete from upload_pipeline.documents where document_id = (select document_id from done);
select is_empty(
  'select from upload_pipeline.events where document_id = (select document_id from done)',
    'deletes the document with its events');
select set_eq(
  'select * from pipeline_internal.countable_events where document_id = (select document_id from done)',
  'select * from uncounted_events', 'keeps all uncounted events');
select ok(
  (select count(*)
    from pipeline_internal.stage_transitions_between((select counted_to from counted),
      (select max(event_no) from uncounted_events))
   where document_id = (select document_id from done)) = 5,
  'counts the durations between them');

update pipeline_internal.roll_up set counted_to = (select max(event_no) from upload_pipeline.events);
delete from upload_pipeline.documents where document_id = (select document_id from old);
select is_empty(
  'select from pipeline_internal.deleted_events where document_id = (select document_id from old)',
  'removes counted events');

insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
select gen_random_uuid(), tests.create_user(), 'a.pdf', 'application/pdf', 1, repeat('b', 64), 'x/y';
select lives_ok('delete from upload_pipeline.events', 'counts events that were purged by age');
select throws_ok(
  'select pipeline_internal.roll_up_events()', '25000', null,
  'refuses a transaction that has written');

select * from finish();
rollback;
