begin;
select plan(3);

create temporary table ada as select tests.create_user() as user_id;
select tests.job_at('collect', user_id, seed) from ada, unnest(array['one', 'two']) seed;
create temporary table hers as
  select d.* from upload_pipeline.documents d where d.user_id = (select user_id from ada);
delete from auth.users where id = (select user_id from ada);

select is_empty('select from upload_pipeline.documents where user_id = (select user_id from ada)', 'the documents are gone');
select set_eq(
  'select path from pipeline_internal.file_removals',
  $$select raw_path from hers union all select pipeline_internal.parsed_path(user_id, document_id) from hers$$,
  'their files are to be removed');
select is(
  (select count(*) from pipeline_internal.parse_cancellations), 2::bigint, 'and their parses to be cancelled');

select * from finish();
rollback;
