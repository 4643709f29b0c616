begin;
select plan(5);

select tests.set_prices();
create temporary table ada as select tests.create_user() as user_id;
create temporary table done as select j.* from ada, tests.complete_document(user_id, 'done') j;
create temporary table failed as select (tests.job_at('embed', user_id, 'failed')).job_id from ada;
select tests.reject(tests.claim('embed', job_id), 'BAD', 'bad') from failed;
select tests.register(user_id, 'awaited') from ada;
select pipeline_internal.record_charges(tests.charge(job_id, 'usage:1', 'parse', 2)) from done;
select pipeline_internal.record_charges(tests.charge(job_id, 'usage:2', 'embed', 14)) from done;

select results_eq(
  $$select document_count, complete_count, failed_count, active_count, user_queued_count, bytes, registered_24h_count,
    parsed_page_count,
      embedded_token_count, cost_cents, cost_cents_this_month from pipeline_monitoring.usage join ada using (user_id)$$,
  $$values (3::bigint, 1::bigint, 1::bigint, 0::bigint, 0::bigint, 3000::numeric, 3::bigint, 2::numeric, 14::numeric,
    11.0000, 11.0000)$$,
  'shows a user''s documents and costs');
delete from upload_pipeline.documents where document_id = (select document_id from done);
select results_eq(
  $$select document_count, cost_cents from pipeline_monitoring.usage join ada using (user_id)$$,
  $$values (2::bigint, 11.0000)$$, 'includes deleted documents in the costs');
select results_eq(
  $$select purpose, model, quantity, cost_cents from pipeline_monitoring.costs order by 1$$,
  $$values ('embed', 'text-embedding-3-small', 14::numeric, 7.0000), ('parse', 'cost_effective', 2, 4.0000)$$,
    'shows costs by day and purpose');

select results_eq(
  $$select kind, file_count, bytes from pipeline_monitoring.stored_files$$,
  $$values ('original', 2::bigint, 2000::numeric)$$, 'shows files by kind');
select is((select max(awaiting_cleanup_count) from pipeline_monitoring.stored_files), 4::bigint,
  'shows files that await their removal');

select * from finish();
rollback;
