begin;
select plan(14);

create temporary table ada as select tests.create_user('ada') as user_id;
create temporary table failed as select j.* from ada, tests.job_at('embed', user_id, 'failed') j;
select tests.reject(tests.reclaim('embed', job_id), 'OPENAI_REJECTED', 'refused') from failed;
create temporary table finished as select j.* from ada, tests.complete_document(user_id, 'finished') j;
select pipeline_internal.record_charges(jsonb_build_array(
  jsonb_build_object('key', 'console:1', 'purpose', 'parse', 'model', 'agentic', 'quantity', 4, 'job_id', job_id),
  jsonb_build_object('key', 'console:2', 'purpose', 'parse', 'model', 'agentic', 'quantity', 2, 'job_id', job_id)))
from finished;
update upload_pipeline.upload_jobs set last_error = jsonb_build_object(
  'code', 'LLAMAPARSE_FAILED', 'message', 'the parser failed', 'reference', gen_random_uuid())
where job_id = (select job_id from finished);
update upload_pipeline.documents set warnings = '[{"code": "PAGES_UNREAD", "message": "page 2", "pages": [2]}]'
where document_id = (select document_id from finished);
-- The sums of charges are written once the transaction ends.
create temporary table operator as select tests.create_operator('viewer') as user_id;
create temporary table sentences as select document_id, sentence from pipeline_monitoring.unfinished_documents;
grant select on ada, failed, finished, operator, sentences to public;
select tests.act_in_console(user_id, 'viewer') from operator;

select results_eq(
  $$select d.document_id, sentence, reason, mended_by, code
    from failed, pipeline_console.document(failed.document_id::text) d$$,
  $$select document_id, sentence, 'given_up', 'operator', 'OPENAI_REJECTED'
    from failed join sentences using (document_id)$$,
  'says why a document is not finished, as unfinished_documents does');
select is(
  (select d.sentence from finished, pipeline_console.document(finished.document_id::text) d),
  'finished.pdf is finished: it is complete.', 'says that a document is finished');
select is(
  (select d.message from finished, pipeline_console.document(finished.document_id::text) d), 'the parser failed',
  'shows why its reparse failed');
select results_eq(
  $$select d.job_id from failed, lateral (values (document_id::text), (job_id::text), ('req-failed')) ids (id),
      lateral pipeline_console.document(id) d$$,
  'select job_id from failed, generate_series(1, 3)',
  'finds the document by its own id, its job''s and its request''s');
select is(
  (select d.job_id from failed, lateral pipeline_console.document(failed.job_id::text) f,
     lateral pipeline_console.document(f.reference) d),
  (select job_id from failed), 'finds the document by the reference that its owner sees');
select is_empty($$select * from pipeline_console.document('no such id')$$, 'returns no row for an unknown id');

select results_eq(
  'select code, pages, message from finished, pipeline_console.document_warnings(finished.document_id)',
  $$values ('PAGES_UNREAD', array[2], 'page 2')$$, 'shows its warnings');
select results_eq(
  $$select purpose, quantity, cost_cents from finished, pipeline_console.document_costs(finished.document_id)
    where model = 'agentic'$$,
  $$values ('parse', 6::bigint, 7.5000)$$, 'sums its charges by day and model');
select is_empty(
  'select * from failed, pipeline_console.document_costs(failed.document_id) where model = ''agentic''',
  'shows no charges of other documents');

create temporary table history as
  select h.* from failed, lateral pipeline_console.document_history(failed.document_id) h;
select results_eq(
  $$select stage, attempt, code, until is not null from history where kind = 'attempt' order by at$$,
  $$values ('parse', null::int, null, true), ('fetch_result', null, null, true), ('chunk', null, null, true),
           ('embed', 1, 'OPENAI_REJECTED', true)$$,
  'shows each attempt with its stage, and how it ended');
select is_empty(
  $$select from history a join history e on e.kind in ('failure', 'status') and e.stage = 'embed' and e.at = a.until
    where a.kind = 'attempt' and a.until <= a.at$$, 'ends each attempt after it began');
select is(
  (select until from history where kind = 'attempt' and stage = 'embed'),
  (select at from history where kind = 'failure'), 'ends an attempt with the event that it led to');

reset role;
create temporary table present as select j.* from ada, tests.job_at('chunk', user_id, 'present') j;
select tests.claim('chunk', job_id) from present;
grant select on present to public;
select tests.act_in_console(user_id, 'viewer') from operator;
select results_eq(
  $$select h.stage, h.attempt, h.until from present, pipeline_console.document_history(present.document_id) h
    where h.kind = 'attempt' and h.until is null$$,
  $$values ('chunk', 1, null::timestamptz)$$, 'shows the present attempt without an end');
select is(
  (select reason from present, pipeline_console.document(present.document_id::text)), 'working',
  'says that a worker has it');

select * from finish();
rollback;
