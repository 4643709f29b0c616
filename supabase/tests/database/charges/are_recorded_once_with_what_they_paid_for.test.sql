begin;
select plan(13);

select tests.set_prices();
create temporary table given as select * from tests.job_at('fetch_result');
create temporary table parsed as
  select jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
           'parsed_path', 'p', 'parsed_sha256', repeat('a', 64), 'page_starts', array[0, 100]),
         'charges', tests.charge(job_id, 'parse:one', 'parse', 2)) as settlement
  from given;
select is(tests.cost(job_id), 0.0000, 'nothing is charged before the parser has answered') from given;

-- Storage fails while the result is being stored; the parser wants its money all the same.
select tests.settle(
  tests.reclaim('fetch_result', job_id),
  jsonb_build_object('outcome', 'retry', 'code', 'STORAGE_UNAVAILABLE', 'message', 'down', 'after_seconds', 0,
    'charges', tests.charge(job_id, 'parse:one', 'parse', 2))) from given;
select is(tests.cost(job_id), 4.0000, 'an attempt that failed after the parser had charged is in it') from given;

create temporary table late as select tests.reclaim('fetch_result', job_id) as lease from given;
create temporary table current as select tests.reclaim('fetch_result', job_id) as lease from given;
select is(tests.settle(lease, settlement), true, 'the next attempt stores the same result') from current, parsed;
select is(tests.settle(lease, settlement), false, 'and one whose lease was lost comes late') from late, parsed;
select is(tests.cost(job_id), 4.0000, 'it is one parse, and paid for once') from given;

select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '1', tests.two_chunks()) from given;
create temporary table chunks as
  select chunk_id, ord as chunk_ord from pipeline_internal.pending_chunks join given using (document_id);
create temporary table first_try as select tests.claim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(
  lease, 'model', array[chunk_id], array[tests.axis(1)], tests.charge(job_id, 'embed:1:1:0', 'embed', 8))
from first_try, given, chunks where chunk_ord = 0;
select is(tests.cost(job_id), 8.0000, 'a portion of the chunks is paid for as it is kept') from given;

-- Taken over half-way: both have asked for the second chunk, and both were charged.
create temporary table second_try as select tests.reclaim('embed', job_id) as lease from given;
select is(
  pipeline_internal.store_embeddings(
    lease, 'model', array[chunk_id], array[tests.axis(2)], tests.charge(job_id, 'embed:1:1:1', 'embed', 6)),
  false, 'vectors of a lost lease are not kept')
from first_try, given, chunks where chunk_ord = 1;
select is(tests.cost(job_id), 11.0000, 'but they were paid for') from given;
select pipeline_internal.store_embeddings(
  lease, 'model', array[chunk_id], array[tests.axis(2)], tests.charge(job_id, 'embed:1:2:0', 'embed', 6))
from second_try, given, chunks where chunk_ord = 1;
select tests.settle(
  lease, jsonb_build_object('outcome', 'done', 'charges', tests.charge(job_id, 'embed:1:2:0', 'embed', 6)))
from second_try, given;
select is(tests.cost(job_id), 14.0000, 'and so were those of the attempt that kept them, once, however often it says so') from given;

-- Cut anew: what has not changed keeps its vector, and costs nothing.
select pipeline_internal.rechunk(document_id) from given;
select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '2', jsonb_set(
  tests.two_chunks(), '{1,text}', '"The library opens at ten."')) from given;
create temporary table third_try as select tests.claim('embed', job_id) as lease from given;
select is(
  pipeline_internal.store_embeddings(
    lease, 'model', array(select u.chunk_id from pipeline_internal.unembedded_chunks(document_id, 9) u),
    array[tests.axis(3)], tests.charge(job_id, 'embed:2:1:0', 'embed', 6)), true, 'one of two is embedded again')
from third_try, given;
select is(tests.cost(job_id), 17.0000, 'and added to what the document has cost before') from given;

-- A transaction that is undone charges nobody: the settlement is sent again.
select throws_ok(
  format(
    $$select tests.settle_all('embed', %L)$$,
    jsonb_build_array(tests.settlement(lease, jsonb_build_object(
      'outcome', 'no such outcome', 'charges', tests.charge(job_id, 'embed:2:1:1', 'embed', 100))))),
  '20000', null, 'a settlement that fails')
from third_try, given;
select is(tests.cost(job_id), 17.0000, 'leaves no charge behind') from given;

select * from finish();
rollback;
