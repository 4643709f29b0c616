begin;
select plan(13);

create temporary table ada as select tests.create_user() as user_id;
create temporary table bob as select tests.create_user('bob') as user_id;
create function pg_temp.register(p_user_id uuid, p_seed text, p_bytes_len bigint)
returns table (outcome text, limit_value bigint)
language sql as $$
  select outcome, limit_value
  from pipeline_internal.register_upload(
    p_user_id, p_seed || '.pdf', 'application/pdf', p_bytes_len, encode(extensions.digest(p_seed, 'sha256'), 'hex'),
      false, 'r')
$$;
create function pg_temp.document(p_seed text) returns uuid
language sql as $$
  select pipeline_internal.document_id(user_id, encode(extensions.digest(p_seed, 'sha256'), 'hex')) from ada
$$;

update pipeline_internal.limits set bytes_per_user = 3000, documents_per_user = 3;
select is((select outcome from ada cross join lateral pg_temp.register(user_id, 'one', 2000)), 'created',
  'accepts two thirds of the quota');
select results_eq(
  'select r.* from ada cross join lateral pg_temp.register(user_id, ''two'', 1001) r',
  $$values ('too_many_bytes', 3000::bigint)$$, 'refuses one byte more than the rest');
select is((select count(*) from upload_pipeline.documents join ada using (user_id)), 1::bigint,
  'writes nothing when it refuses');
select is(
  (select used_count from pipeline_internal.rate_limits, ada where key = 'uploads:' || user_id), 1,
    'counts no upload when it refuses');
select is((select outcome from ada cross join lateral pg_temp.register(user_id, 'two', 1000)), 'created',
  'accepts exactly the rest');
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'two', 1000)), 'resumed',
    'accepts the same document again');
select is(
  (select outcome from bob cross join lateral pg_temp.register(user_id, 'two', 3000)), 'created',
    'counts other users'' bytes separately');

update pipeline_internal.limits set bytes_per_user = 30000;
select tests.store_object(pg_temp.document('one'), '{"size": 29000}');
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'three', 1)), 'too_many_bytes',
  'counts the stored size when it exceeds the registered size');
update storage.objects set metadata = '{"size": 2000}' where name like '%' || pg_temp.document('one') || '%';

select is((select outcome from ada cross join lateral pg_temp.register(user_id, 'three', 1)), 'created',
  'accepts the third document');
select results_eq(
  'select r.* from ada cross join lateral pg_temp.register(user_id, ''four'', 1) r',
  $$values ('too_many_documents', 3::bigint)$$, 'refuses the fourth document');

update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 day'
  where document_id = pg_temp.document('three');
select pipeline_internal.expire_uploads();
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'four', 1)), 'created',
    'does not count an expired upload');
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'three', 1)), 'too_many_documents',
  'counts it when it is registered again');
select pipeline_internal.delete_document(user_id, pg_temp.document('four')) from ada;
select is(
  (select outcome from ada cross join lateral pg_temp.register(user_id, 'three', 1)), 'resumed',
    'frees the quota when a document is deleted');

select * from finish();
rollback;
