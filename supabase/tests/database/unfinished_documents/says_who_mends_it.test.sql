-- Who mends an unfinished document, and that an operator is shown commands before statements.
begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.given_up(p_code text) returns pipeline_monitoring.unfinished_documents
language plpgsql as $$
declare
  v_job_id uuid := (tests.job_at('embed', (select user_id from ada), p_code)).job_id;
begin
  perform tests.reject(tests.claim('embed', v_job_id), p_code, 'of this kind');
  return tests.unfinished(v_job_id);
end $$;

create temporary table protected on commit drop as select * from pg_temp.given_up('PDF_IS_PROTECTED');
select is(mended_by, 'owner', 'leaves a file that the parser cannot read to its owner') from protected;
select is(remedy, 'upload a copy without a password', 'says what its owner does') from protected;
select alike(sentence, '%. Its owner can mend it: upload a copy without a password.', 'says so in the sentence')
  from protected;

create temporary table unauthorized on commit drop as select * from pg_temp.given_up('OPENAI_UNAUTHORIZED');
select is(mended_by, 'operator', 'gives a refused key to an operator') from unauthorized;
select is(remedy, format('replace OPENAI_API_KEY, then run: npm run pipeline -- retry %s (in SQL: '
  'select pipeline_internal.redrive(%L))', job_id, job_id), 'names the command, then the statement') from unauthorized;

select is((pg_temp.given_up('UNHEARD_OF')).mended_by, 'operator', 'gives an unknown failure to an operator');
select is((pg_temp.given_up('FILE_MISSING')).mended_by, 'owner', 'leaves a file that is gone to its owner');

select tests.register(user_id, 'awaited') from ada;
select results_eq(
  $$select distinct mended_by from pipeline_monitoring.unfinished_documents where reason = 'awaiting_upload'$$,
  array['owner'], 'leaves bytes that have not arrived to their owner');
select is_empty(
  $$select remedy from pipeline_monitoring.unfinished_documents where remedy ~ 'select pipeline_internal'
    and remedy !~ 'npm run [^(]*\(in SQL: '$$,
  'names no statement without a command before it');

select * from finish();
rollback;
