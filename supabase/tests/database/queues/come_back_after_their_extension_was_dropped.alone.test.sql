-- pgmq's queues are members of its extension: no dump has them, and they go with it. (Of 1.4.4 their sequences are no members,
-- but go with the tables.)
begin;
select plan(11);

create temporary table the as select * from tests.job_at('chunk', p_seed => 'dropped');
select set_eq(
  $$select c.relname from pg_depend d join pg_class c on c.oid = d.objid
    where d.classid = 'pg_class'::regclass and d.deptype = 'e' and c.relkind = 'r' and c.relname ~ '^[aq]_'
      and d.refobjid = (select oid from pg_extension where extname = 'pgmq')$$,
  $$select replace(name, '*', stage) from pipeline_internal.stages, unnest(array['q_*', 'a_*']) name$$,
  'the queues are members of the extension');
select lives_ok('drop extension pgmq', 'nothing of the pipeline is built upon it');
select is(to_regclass('pgmq.q_chunk'), null, 'the queues went with it');
-- As a dump would bring it back.
create extension pgmq;
select lives_ok('select pipeline_internal.create_queues()', 'they can be made anew');
select lives_ok('select pipeline_internal.create_queues()', 'again, which changes nothing');
select set_eq('select queue_name from pgmq.list_queues()', 'select stage from pipeline_internal.stages', 'each stage has its queue');

select tests.backdate(job_id, '2 minutes') from the;
select results_eq('select requeued from pipeline_internal.reconcile()', array[1::bigint], 'what waited gets a new message');
select cmp_ok(
  (select message_id from tests.job((select job_id from the))), '>', (select message_id from the),
  'with a number that no job remembers');
select is_empty('select pipeline_monitoring.lost_messages()', 'no message is lost');
select is(
  tests.finish_chunk(tests.claim('chunk', (select job_id from the)), 'markdown-simple', '1', tests.two_chunks()), true,
  'and it goes on');
select is((select stage from tests.job((select job_id from the))), 'embed', 'into the next queue');

select * from finish();
rollback;
