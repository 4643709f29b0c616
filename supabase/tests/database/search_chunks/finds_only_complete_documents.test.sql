-- "complete" means searchable, and no earlier status does.
begin;
select plan(3);

create temporary table given as select j.* from tests.create_user() u, tests.job_at('embed', u, 'given') j;
create temporary table lease as select tests.claim('embed', job_id) as lease from given;
select tests.embed(lease, document_id) from lease, given;
grant select on given to authenticated;

select tests.act_as(user_id) from given;
select is_empty(
  $$select * from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), mode => 'vector')$$,
    'finds nothing by vector before completion');
select is_empty($$select * from upload_pipeline.search_chunks(null, 'crowns', mode => 'text')$$,
  'finds nothing by words before completion');

reset role;
select tests.finish_embed(lease) from lease;
select tests.act_as(user_id) from given;
select results_eq(
  $$select chunk_ord, vector_rank, text_rank
    from upload_pipeline.search_chunks(tests.axis(1)::extensions.vector(1536), 'crowns') limit 1$$,
  $$values (0, 1, 1)$$, 'finds the document when it is complete');

select * from finish();
rollback;
