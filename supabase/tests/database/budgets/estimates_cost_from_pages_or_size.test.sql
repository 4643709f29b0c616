begin;
select plan(7);

select tests.set_prices();
update pipeline_internal.prices set cents = 0.001 where unit = 'token';
update pipeline_internal.limits set expected_bytes_per_page = 2000, max_pages = 200;
select is(pipeline_internal.document_cents('application/pdf', 9999), 15::numeric,
  'estimates five pages from the size, and their tokens');
select is(pipeline_internal.document_cents('application/pdf', 9999, 2), 6::numeric,
  'uses the page count when it is known');
select is(pipeline_internal.document_cents('application/pdf', 26214400), 603::numeric,
  'estimates no more pages than are parsed');
select is(pipeline_internal.document_cents('image/png', 9999), 3::numeric, 'estimates one page for an image');
select is(pipeline_internal.document_cents('text/markdown', 4000), 1.000, 'estimates no pages for text');

update pipeline_internal.prices set cents = 7 where model = 'agentic';
create temporary table given as select * from tests.job_at('fetch_result');
select pipeline_internal.record_charges(jsonb_set(tests.charge(job_id, 'k', 'parse', 1), '{0,model}', '"agentic"'))
  from given;
select is(pipeline_internal.document_cents('image/png', 1), 8::numeric, 'expects the tier that was charged last');
select is(
  (select array_agg(model order by model) from pipeline_internal.prices where is_expected),
  array['agentic', 'text-embedding-3-small'], 'expects no other tier');

select * from finish();
rollback;
