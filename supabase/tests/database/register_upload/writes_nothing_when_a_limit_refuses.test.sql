begin;
select plan(12);

create temporary table ada as select tests.create_user() as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;

create function pg_temp.register(p_user_id uuid, p_seed text, p_mime text default 'application/pdf',
  p_bytes_len bigint default 1000)
returns table (outcome text, job_id uuid, document_id uuid, limit_value bigint, retry_after_seconds int)
language sql as $$
  select outcome, job_id, document_id, limit_value, retry_after_seconds
  from pipeline_internal.register_upload(
    p_user_id, p_seed || '.pdf', p_mime, p_bytes_len, encode(extensions.digest(p_seed, 'sha256'), 'hex'), false, 'r')
$$;

select results_eq(
  'select r.* from ada cross join lateral pg_temp.register(user_id, ''big'', p_bytes_len => 26214401) r',
  $$values ('too_large', null::uuid, null::uuid, 26214400::bigint, null::int)$$, 'refuses one byte more than 25 MiB');
select results_eq(
  'select r.* from ada cross join lateral pg_temp.register(user_id, ''image'', ''image/png'') r',
  $$values ('unsupported_type', null::uuid, null::uuid, null::bigint, null::int)$$,
    'refuses a type that is not allowed');
select is_empty('select * from upload_pipeline.documents join ada using (user_id)', 'writes nothing');
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'just', p_bytes_len => 26214400)), 'created',
  'accepts exactly 25 MiB');

update pipeline_internal.limits set uploads_per_user_per_day = 3;
select is(
  (select array_agg(r.outcome) from ada, generate_series(2, 3) n cross
    join lateral pg_temp.register(user_id, 'paper ' || n) r),
  array['created', 'created'], 'accepts the second and third document of the day');
update pipeline_internal.rate_limits set resets_at = clock_timestamp() + interval '1 hour'
where key = (select 'uploads:' || user_id from ada);
select results_eq(
  $$
    select outcome, document_id, job_id, limit_value, retry_after_seconds between 3000 and 3600
    from ada cross join lateral pg_temp.register(user_id, 'paper 4')
  $$,
  $$values ('daily_limit', null::uuid, null::uuid, 3::bigint, true)$$,
    'refuses the fourth document until a day after the first');
select is(
  (select count(*) from upload_pipeline.documents join ada using (user_id)), 3::bigint, 'writes nothing for it');
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'paper 2')), 'resumed',
  'does not count a known document again');
select is(
  (select outcome from bob cross join lateral pg_temp.register(user_id, 'paper 4')), 'created',
    'counts other users'' documents separately');
select is(
  (select r.outcome from ada
   cross join lateral (
     select pipeline_internal.delete_document(
       user_id, pipeline_internal.document_id(user_id,
         encode(extensions.digest('just', 'sha256'), 'hex')))) gone (deleted)
   cross join lateral pg_temp.register(case when deleted then user_id end, 'paper 4') r),
  'daily_limit', 'gives nothing back for a deleted document');
update pipeline_internal.rate_limits set resets_at = clock_timestamp()
where key = (select 'uploads:' || user_id from ada);
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'paper 4')), 'created',
    'accepts documents after a day');

update pipeline_internal.limits set allowed_mime_types = array['application/pdf', 'image/png'];
select results_eq(
  'select r.outcome from bob cross join lateral pg_temp.register(user_id, ''image'', ''image/png'') r',
    array['created'],
  'accepts a type that an operator allows');

select * from finish();
rollback;
