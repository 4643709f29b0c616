-- OpenAI asks to wait for an hour. Documents that wait for it must not keep their owner's other documents from being
-- parsed.
begin;
select plan(9);

update pipeline_internal.limits set active_documents_per_user = 2;
create temporary table given as
select n, (tests.register(ada.id, 'd' || n)).job_id from (select tests.create_user() as id) ada,
  generate_series(1, 12) n;
create function pg_temp.in_work() returns bigint language sql as $$
  select count(*) from given cross join lateral tests.job(job_id) j where j.message_id is not null
$$;
-- Processes all documents at parse and chunk.
create function pg_temp.read_all() returns void language plpgsql as $$
begin
  perform tests.finish_parse(lease, (pipeline_internal.begin_submission(lease)).submission_id, 'provider-' || job_id)
  from tests.claim_all('parse');
  perform tests.make_due(j.job_id) from given join upload_pipeline.upload_jobs j using (job_id)
    where j.stage = 'fetch_result';
  perform tests.finish_fetch_result(lease, 'parsed/' || job_id, repeat('a', 64), array[0])
    from tests.claim_all('fetch_result');
  perform tests.finish_chunk(lease, 'markdown-simple', '1', tests.two_chunks()) from tests.claim_all('chunk');
end $$;
create function pg_temp.set_circuit(p_provider text, p_is_open boolean) returns void language sql as $$
  update pipeline_internal.providers
  set opened_at = case when p_is_open then clock_timestamp() end,
      probe_at = case when p_is_open then clock_timestamp() + interval '1 hour' end
  where provider = p_provider;
$$;

select tests.store_object(j.document_id) from given cross join lateral tests.job(given.job_id) j order by n;
select is(pg_temp.in_work(), 2::bigint, 'activates two documents');
select pg_temp.read_all();
select pipeline_internal.sweep();
select is(pg_temp.in_work(), 2::bigint, 'counts documents at embed while its circuit is closed');

select pg_temp.set_circuit('openai', true);
select pipeline_internal.sweep();
select is(pg_temp.in_work(), 4::bigint, 'admits two more while the circuit of embed is open');
select results_eq(
  'select n, j.stage from given cross join lateral tests.job(job_id) j where j.message_id is not null order by 1',
  $$values (1, 'embed'), (2, 'embed'), (3, 'parse'), (4, 'parse')$$, 'makes them due at parse');

select pg_temp.read_all();
select pipeline_internal.sweep();
select pg_temp.read_all();
select pipeline_internal.sweep();
select is(pg_temp.in_work(), 6::bigint, 'admits at most three times the limit');

select pg_temp.set_circuit('openai', false);
select pipeline_internal.sweep();
select is(pg_temp.in_work(), 6::bigint, 'admits none when the circuit closes');
create temporary table held as select n, lease from tests.claim_all('embed') join given using (job_id);
select tests.reject(lease, 'BAD', 'bad') from held where n <= 4;
select is(pg_temp.in_work(), 2::bigint, 'admits none before all but the limit are done');
select tests.reject(lease, 'BAD', 'bad') from held where n = 5;
select is(pg_temp.in_work(), 2::bigint, 'admits one by one afterwards');

select pg_temp.set_circuit('openai', true);
select pg_temp.set_circuit('llamaparse', true);
select pipeline_internal.sweep();
select is(pg_temp.in_work(), 2::bigint, 'counts all documents while the parser''s circuit is open');

select * from finish();
rollback;
