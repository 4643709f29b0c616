begin;
select plan(9);

create temporary table given as
  select j.* from tests.create_user() u, tests.complete_document(u, 'long', (
    select jsonb_agg(jsonb_build_object('ord', n, 'heading_path', '[]'::jsonb, 'text', 'Crowns, part ' || n, 'tokens',
      4))
    from generate_series(0, 59) n)) j;
select tests.act_as(user_id) from given;

select is(
  (select count(*) from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), 'crowns', asked)),
    expected::bigint,
  format('returns %2$s results when %1$s are requested', asked, expected))
from (values (-1, 1), (0, 1), (1, 1), (8, 8), (50, 50), (51, 50), (1000000, 50)) v (asked, expected);
select is((select count(*) from upload_pipeline.search_chunks(query_text => 'crowns')), 8::bigint,
  'returns 8 results by default');
select is(
  (select count(*) from upload_pipeline.search_chunks(query_text => 'crowns', match_count => null)), 1::bigint,
    'returns one result for null');

select * from finish();
rollback;
