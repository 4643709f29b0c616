begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;

create function pg_temp.check_duplicate(p_what text, p_seed text) returns setof text
language plpgsql as $$
declare
  v_user_id uuid := (select user_id from ada);
  v_sha256 text := encode(extensions.digest(p_seed, 'sha256'), 'hex');
  v_document upload_pipeline.documents;
  v_before jsonb;
  v_answer record;
begin
  select * into strict v_document from upload_pipeline.documents
  where document_id = pipeline_internal.document_id(v_user_id, v_sha256);
  v_before := tests.snapshot((select job_id from upload_pipeline.upload_jobs
    where document_id = v_document.document_id));

  select * into v_answer from pipeline_internal.register_upload(
    v_user_id, 'another name.pdf', 'application/pdf', 1000, v_sha256, false, 'again');
  return next is(v_answer.outcome, 'duplicate', 'a document ' || p_what || ' returns duplicate');
  return next is(
    row(v_answer.document_id, v_answer.filename, v_answer.last_uploaded)::text,
    row(v_document.document_id, v_document.filename, v_document.created_at)::text, 'returns the document and its time');
  return next is(
    tests.snapshot((select job_id from upload_pipeline.upload_jobs where document_id = v_document.document_id)),
      v_before,
    'a document ' || p_what || ' leaves the document unchanged');
end $$;

select tests.job_at('parse', user_id, 'waiting') from ada;
select pg_temp.check_duplicate('that waits', 'waiting');
select tests.reclaim('embed', (j).job_id)
  from (select tests.job_at('embed', user_id, 'worked') j from ada offset 0) worked;
select pg_temp.check_duplicate('that is worked on', 'worked');
select tests.complete_document(user_id, 'complete') from ada;
select pg_temp.check_duplicate('that is complete', 'complete');

select * from finish();
rollback;
