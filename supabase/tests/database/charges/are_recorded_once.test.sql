begin;
select plan(13);

select tests.set_prices();
create temporary table given as select * from tests.job_at('fetch_result');
create temporary table parsed as
  select jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
           'parsed_path', 'p', 'parsed_sha256', repeat('a', 64), 'page_starts', array[0, 100]),
         'charges', tests.charge(job_id, 'parse:one', 'parse', 2)) as settlement
  from given;
select is(tests.cost(job_id), 0.0000, 'records nothing before the parser answers') from given;

-- Storage fails while the result is being stored; the parser charges all the same.
select tests.settle(
  tests.reclaim('fetch_result', job_id),
  jsonb_build_object('outcome', 'retry', 'code', 'STORAGE_UNAVAILABLE', 'message', 'down', 'after_seconds', 0,
    'charges', tests.charge(job_id, 'parse:one', 'parse', 2))) from given;
select is(tests.cost(job_id), 4.0000, 'records the charge of a failed attempt') from given;

create temporary table late as select tests.reclaim('fetch_result', job_id) as lease from given;
create temporary table current as select tests.reclaim('fetch_result', job_id) as lease from given;
select is(tests.settle(lease, settlement), true, 'settles when the next attempt stores the same result')
  from current, parsed;
select is(tests.settle(lease, settlement), false, 'refuses a settlement of a lost lease') from late, parsed;
select is(tests.cost(job_id), 4.0000, 'records one charge for one parse') from given;

select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '1', tests.two_chunks()) from given;
create temporary table chunks as
  select chunk_id, ord as chunk_ord from pipeline_internal.pending_chunks join given using (document_id);
create temporary table first_try as select tests.claim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(
  lease, 'model', array[chunk_id], array[tests.axis(1)], tests.charge(job_id, 'embed:1:1:0', 'embed', 8))
from first_try, given, chunks where chunk_ord = 0;
select is(tests.cost(job_id), 8.0000, 'records a charge with a stored portion') from given;

-- Reclaimed half-way: both workers embedded the second chunk, and both were charged.
create temporary table second_try as select tests.reclaim('embed', job_id) as lease from given;
select is(
  pipeline_internal.store_embeddings(
    lease, 'model', array[chunk_id], array[tests.axis(2)], tests.charge(job_id, 'embed:1:1:1', 'embed', 6)),
  false, 'stores no vectors of a lost lease')
from first_try, given, chunks where chunk_ord = 1;
select is(tests.cost(job_id), 11.0000, 'records the charge of a lost lease') from given;
select pipeline_internal.store_embeddings(
  lease, 'model', array[chunk_id], array[tests.axis(2)], tests.charge(job_id, 'embed:1:2:0', 'embed', 6))
from second_try, given, chunks where chunk_ord = 1;
select tests.settle(
  lease, jsonb_build_object('outcome', 'done', 'charges', tests.charge(job_id, 'embed:1:2:0', 'embed', 6)))
from second_try, given;
select is(tests.cost(job_id), 14.0000, 'records a repeated charge once') from given;

-- Re-chunked: unchanged chunks keep their vectors, and cost nothing.
select pipeline_internal.rechunk(document_id) from given;
select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '2', jsonb_set(
  tests.two_chunks(), '{1,text}', '"The library opens at ten."')) from given;
create temporary table third_try as select tests.claim('embed', job_id) as lease from given;
select is(
  pipeline_internal.store_embeddings(
    lease, 'model', array(select u.chunk_id from pipeline_internal.unembedded_chunks(document_id, 9) u),
    array[tests.axis(3)], tests.charge(job_id, 'embed:2:1:0', 'embed', 6)), true, 'embeds one of two chunks again')
from third_try, given;
select is(tests.cost(job_id), 17.0000, 'adds the charge to the document''s cost') from given;

-- A transaction that is rolled back records no charge: the worker sends the settlement again.
select throws_ok(
  format(
    $$select tests.settle_all('embed', %L)$$,
    jsonb_build_array(tests.settlement(lease, jsonb_build_object(
      'outcome', 'no such outcome', 'charges', tests.charge(job_id, 'embed:2:1:1', 'embed', 100))))),
  '20000', null, 'raises when the settlement fails')
from third_try, given;
select is(tests.cost(job_id), 17.0000, 'records no charge when the settlement fails') from given;

select * from finish();
rollback;
