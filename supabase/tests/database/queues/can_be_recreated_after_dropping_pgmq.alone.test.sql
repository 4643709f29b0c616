-- pgmq's queues are members of its extension: no dump contains them, and they are dropped with it. (In 1.4.4 their
-- sequences are no members, but are dropped with the tables.)
begin;
select plan(11);

create temporary table the as select * from tests.job_at('chunk', p_seed => 'dropped');
select set_eq(
  $$select c.relname from pg_depend d join pg_class c on c.oid = d.objid
    where d.classid = 'pg_class'::regclass and d.deptype = 'e' and c.relkind = 'r' and c.relname ~ '^[aq]_'
      and d.refobjid = (select oid from pg_extension where extname = 'pgmq')$$,
  $$select replace(name, '*', stage) from pipeline_internal.stages, unnest(array['q_*', 'a_*']) name$$,
  'are members of the extension');
select lives_ok('drop extension pgmq', 'has no dependants in the pipeline');
select is(to_regclass('pgmq.q_chunk'), null, 'are dropped with the extension');
-- As a restored dump.
create extension pgmq;
select lives_ok('select pipeline_internal.create_queues()', 'creates the queues');
select lives_ok('select pipeline_internal.create_queues()', 'changes nothing the second time');
select set_eq('select queue_name from pgmq.list_queues()', 'select stage from pipeline_internal.stages',
  'has a queue per stage');

select tests.backdate(job_id, '2 minutes') from the;
select results_eq('select requeued from pipeline_internal.reconcile()', array[1::bigint],
  'sends new messages for waiting jobs');
select cmp_ok(
  (select message_id from tests.job((select job_id from the))), '>', (select message_id from the),
  'uses a number that no job names');
select is_empty('select pipeline_monitoring.lost_messages()', 'finds no lost messages');
select is(
  tests.finish_chunk(tests.claim('chunk', (select job_id from the)), 'markdown-simple', '1', tests.two_chunks()), true,
  'settles the stage');
select is((select stage from tests.job((select job_id from the))), 'embed', 'moves to the next queue');

select * from finish();
rollback;
