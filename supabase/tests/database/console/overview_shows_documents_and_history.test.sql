begin;
select plan(11);
select tests.lock_counters();

create temporary table operator as select tests.create_operator('viewer') as user_id;
create temporary table ada as select tests.create_user() as user_id;
grant select on operator, ada to public;
select tests.act_in_console(user_id, 'viewer') from operator;
create temporary table before as select * from pipeline_console.overview();
reset role;

create temporary table oldest as select j.* from ada, tests.job_at('parse', user_id, 'one') j;
update upload_pipeline.upload_jobs set created_at = '2020-01-01' where job_id = (select job_id from oldest);
update pipeline_internal.limits set active_documents_per_user = 1, monthly_budget_cents = 5000;
select tests.store_object(j.document_id) from ada, tests.register(user_id, 'two') j;
select tests.register(user_id, 'three') from ada;
create temporary table failed as select j.* from tests.job_at('parse', null, 'four') j;
select tests.reject(tests.claim_original('parse', job_id), 'CODE', 'a message') from failed;
select pipeline_internal.record_search(user_id, 'text-embedding-3-small', 1000000) from ada;
select tests.end_transaction();

grant select on oldest to public;
select tests.act_in_console(user_id, 'viewer') from operator;
create temporary table after as select * from pipeline_console.overview();
select is(a.active_count - b.active_count, 1::bigint, 'counts active documents') from after a, before b;
select is(a.user_queued_count - b.user_queued_count, 1::bigint, 'counts documents in user queues')
  from after a, before b;
select is(a.awaiting_count - b.awaiting_count, 1::bigint, 'counts documents that await their bytes')
  from after a, before b;
select is(a.dead_letter_count - b.dead_letter_count, 1::bigint, 'counts the dead letter') from after a, before b;
select results_eq('select oldest_document_id, oldest_filename, oldest_status, oldest_since from after',
  $$select document_id, 'one.pdf', 'uploaded', timestamptz '2020-01-01' from oldest$$,
  'names the document that has been under way for longest');
select ok(a.cost_today_cents > b.cost_today_cents and a.cost_month_cents >= a.cost_today_cents
  and a.budget_month_cents = 5000, 'shows the costs of today and of the month, and the budget') from after a, before b;
select results_eq('select stage from pipeline_console.overview_stages()',
  array['parse', 'fetch_result', 'chunk', 'embed'], 'lists the stages in their order');

reset role;
delete from pipeline_internal.history;
insert into pipeline_internal.history (
  step_minutes, since, stage, transition_count, p50_seconds, registered_count, failed_count, oldest_due_seconds)
select step, date_bin(make_interval(mins => step), now(), '2000-01-01Z') - make_interval(mins => step * back), stage,
       10 + back, 2, 3, 1, 4
from unnest(array[1, 10, 60]) step, unnest(array[0, 2]) back, unnest(array['document', 'parse']) stage;
select tests.act_in_console(user_id, 'viewer') from operator;
select results_eq(
  $$
    select r.range, h.stage, h.step_seconds, cardinality(h.transition_counts), h.transition_counts[n - 2:],
           h.p50_seconds[n - 2:], h.oldest_due_seconds[n - 2:], h.failed_counts[n - 2:], h.message_counts[n]
    from (values (1, '1 hour', 60), (2, '24 hours', 144), (3, '30 days', 720)) r (ord, range, n)
    cross join lateral pipeline_console.overview_history(r.range) h
    order by r.ord, h.stage
  $$,
  $$
    select range, stage, step, n, array[12, 0, 10], array[2, null, 2]::real[], array[4, null, 4]::real[],
           array[1, 0, 1], null::int
    from (values (1, '1 hour', 60, 60), (2, '24 hours', 600, 144), (3, '30 days', 3600, 720)) r (ord, range, step, n)
    cross join (values ('document'), ('parse')) s (stage)
    order by ord, stage
  $$,
  'answers each range in equal steps up to now, and says which have no number');
select ok(bool_and(since + make_interval(secs => step_seconds * cardinality(transition_counts)) > now()
    and since + make_interval(secs => step_seconds * (cardinality(transition_counts) - 1)) <= now()),
  'ends with the step that is under way')
from unnest(array['1 hour', '24 hours', '30 days']) range, pipeline_console.overview_history(range);
select throws_ok($$select * from pipeline_console.overview_history('1 year')$$, '22023', 'Unknown range: 1 year.',
  'refuses another range');
reset role;
delete from pipeline_internal.history;
select tests.act_in_console(user_id, 'viewer') from operator;
select results_eq('select stage, transition_counts[60] from pipeline_console.overview_history()',
  $$values ('document', 0)$$, 'answers zeros when nothing has happened');

select * from finish();
rollback;
