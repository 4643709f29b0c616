-- A document becomes searchable word by word before it is complete.
begin;
select plan(2);

create temporary table given as select j.* from tests.create_user() u, tests.job_at('embed', u, 'given') j;
select tests.act_as(user_id) from given;
select is_empty(
  $$select * from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), mode => 'vector')$$, 'not by meaning');
select results_eq(
  $$select chunk_ord, vector_rank, text_rank from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), 'crowns')$$,
  $$values (0, null::int, 1)$$, 'but by words');

select * from finish();
rollback;
