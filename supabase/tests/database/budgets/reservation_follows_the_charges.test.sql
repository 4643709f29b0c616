begin;
select plan(5);

select tests.set_prices();
update pipeline_internal.limits set monthly_budget_cents_per_user = 1000000;
create temporary table given as select * from tests.job_at('fetch_result');
create function pg_temp.reserved() returns numeric language sql as $$
  select cents from pipeline_internal.reservations join given using (job_id) $$;
create temporary table at_first as select pg_temp.reserved() as cents;
create temporary table vectors as select pipeline_internal.embedding_cents(2) as cents;
select is(
  pg_temp.reserved(), pipeline_internal.document_cents(mime, bytes_len), 'reserves the expected cost at first')
from given join upload_pipeline.documents using (document_id);

create temporary table late as select tests.reclaim('fetch_result', job_id) as lease from given;
create temporary table current as select tests.reclaim('fetch_result', job_id) as lease from given;
create temporary table parsed as
  select jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
           'parsed_path', 'p', 'parsed_sha256', repeat('a', 64), 'page_starts', array[0, 100]),
         'charges', tests.charge(job_id, 'aside:parse', 'parse', 2)) as settlement
  from given;
select tests.settle(lease, settlement) from late, parsed;
select is(pg_temp.reserved(), cents, 'keeps the reservation when a worker without the lease reports a charge')
  from at_first;
select tests.settle(lease, settlement) from current, parsed;
select is(pg_temp.reserved(), cents, 'keeps the reservation except for the vectors') from vectors;

select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '1', tests.two_chunks()) from given;
create temporary table embedding as select tests.claim('embed', job_id) as lease from given;
create temporary table next as select tests.reclaim('embed', job_id) as lease from given;
select pipeline_internal.store_embeddings(
  lease, 'model', array[]::uuid[], array[]::text[], tests.charge(job_id, 'aside:late', 'embed', 3))
    from embedding, given;
select is(pg_temp.reserved(), cents, 'keeps the reservation for vectors that were not stored') from vectors;
select pipeline_internal.store_embeddings(
  lease, 'model', array[]::uuid[], array[]::text[], tests.charge(job_id, 'aside:kept', 'embed', 4)) from next, given;
select is(pg_temp.reserved(), cents - 2, 'reduces the reservation for stored vectors') from vectors;

select * from finish();
rollback;
