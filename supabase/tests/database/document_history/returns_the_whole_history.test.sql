begin;
select plan(12);

create temporary table the as select * from tests.job_at('parse', p_seed => 'history');
create temporary table run as select gen_random_uuid() as run_id;
create temporary table claimed as
  select c.* from run, lateral pipeline_internal.begin_run('parse', run_id) b,
    lateral pipeline_internal.claim('parse', 1, run_id) c;
select is((select job_id from claimed), (select job_id from the), 'claims the document in a run');
insert into pipeline_internal.submissions (job_id, provider_job_id, submitted_at)
select job_id, 'llama-1', clock_timestamp() from the;
select tests.settle_all('parse', (
  select jsonb_build_array(jsonb_build_object(
    'msg_id', msg_id, 'read_ct', read_ct, 'outcome', 'retry', 'code', 'TEST', 'message', 'a test')) from claimed));
select pipeline_internal.receive_delivery('event-1', 'parse.success', 'llama-1', (select job_id from the),
  'req-history');
select pipeline_internal.end_run('parse', (select run_id from run), 'drained', 1);

create temporary table history as
select s.* from the, lateral pipeline_monitoring.document_history(the.document_id) s;
select results_eq(
  $$select kind, what from history where kind in ('status', 'retry') order by at$$,
  $$values ('status', 'awaiting_upload'), ('status', 'uploaded'), ('retry', 'uploaded')$$, 'returns its events');
select results_eq(
  $$select what, detail from history where kind = 'submission' order by what$$,
  $$values ('intended', null), ('submitted', 'LlamaParse''s job llama-1')$$, 'returns its submissions');
select results_eq(
  $$select what, id from history where kind = 'callback'$$, $$values ('parse.success', 'event-1')$$,
    'returns its callback');
select set_eq(
  $$select what from history where kind = 'run' and run_id = (select run_id from run)$$,
    array['called', 'started', 'drained'],
  'returns the run');
select is(
  (select run_id from history where kind = 'retry'), (select run_id from run), 'returns the run of an attempt');
select set_eq(
  $$select distinct request_id from history where kind <> 'run'$$, array['req-history'],
  'returns the request id of the registration');
select is((select array_agg(at order by at) from history), (select array_agg(at) from history), 'orders the rows by '
    'time');

select set_eq(
  $$select pipeline_monitoring.find_document(id) from the, lateral (values
      (the.document_id::text), (the.job_id::text), ('req-history'), ('llama-1'),
      ((select id from history where kind = 'retry')),
        ((select id from history where what = 'submitted'))) known (id)$$,
  'select document_id from the', 'finds the document by every id');
insert into pipeline_internal.submissions (job_id, pages, ocr, is_page_reparse, finished_at)
select job_id, array[3, 5], true, true, clock_timestamp() from the;
select set_eq(
  $$select s.detail from the, lateral pipeline_monitoring.document_history(the.document_id) s
    where s.what = 'intended'$$,
  array[null, 'pages 3, 5; with OCR; once more'], 'returns the options of a submission');
select is(pipeline_monitoring.find_document('nobody''s'), null, 'finds no document for an unknown id');

select pipeline_internal.redrive((select job_id from the));
update upload_pipeline.upload_jobs set attempt_count = 9 where job_id = (select job_id from the);
select tests.make_due((select job_id from the));
select pipeline_internal.claim('parse', 1);
select pipeline_internal.redrive((select job_id from the));
select is(
  (select run_id from upload_pipeline.events where job_id = (select job_id from the) order by event_no desc limit 1),
    null,
  'returns no run for an operator''s redrive');

select * from finish();
rollback;
