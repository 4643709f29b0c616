begin;
select plan(11);

create temporary table jobs as
  select name, (tests.register(tests.create_user(name), name)).document_id from unnest(array['ada', 'bob']) name;
create temporary table ada as
  select d.* from upload_pipeline.documents d join jobs using (document_id) where name = 'ada';
create temporary table bob as
  select d.* from upload_pipeline.documents d join jobs using (document_id) where name = 'bob';
insert into storage.buckets (id, name) values ('elsewhere', 'elsewhere');
grant select on ada, bob to public;

create function pg_temp.putting(p_name text, p_bucket text default 'files') returns text
language sql as $$
  select format($q$insert into storage.objects (bucket_id, name, metadata) values (%L, %L, '{"size": 1000}')$q$,
    p_bucket, p_name)
$$;
create function pg_temp.replacing(p_name text) returns text
language sql as $$
  select format($q$with put as (update storage.objects set metadata = '{"size": 7}'
    where name = %L returning 1) select count(*) from put$q$, p_name)
$$;

select tests.act_as(user_id) from ada;
select throws_ok(pg_temp.putting((select raw_path from bob)), '42501', null,
  'refuses a file on the upload path of another user''s document');
select throws_ok(
  pg_temp.putting(format('user/%s/raw/%s.pdf', (select user_id from ada), gen_random_uuid())), '42501', null,
  'refuses a file without a registration, even in the user''s folder');
select throws_ok(
  pg_temp.putting(format('user/%s/parsed/%s.md', (select user_id from ada), (select document_id from ada))), '42501',
    null,
  'refuses a file on the path of parsed text');
select throws_ok(
  pg_temp.putting((select original_path from ada)), '42501', null, 'refuses a file on the path of an original');
select throws_ok(pg_temp.putting((select raw_path from ada), 'elsewhere'), '42501', null,
  'refuses a file in another bucket');
select lives_ok(pg_temp.putting((select raw_path from ada)), 'accepts the file that the user registered');
select results_eq(
  'select status from upload_pipeline.upload_jobs', array['uploaded'], 'starts processing when the file arrives');
select results_eq(pg_temp.replacing((select raw_path from ada)), array[0::bigint],
  'refuses to replace the file after processing has started');
select is_empty('select name from storage.objects', 'refuses to read the file before it is verified');
reset role;
insert into storage.objects (bucket_id, name) select 'files', raw_path from bob;
select tests.act_as(user_id) from bob;
select results_eq(pg_temp.replacing((select raw_path from bob)), array[1::bigint],
  'accepts a replacement while the upload is awaited');
select results_eq(pg_temp.replacing((select raw_path from bob)), array[0::bigint],
  'refuses a replacement after processing has started');
reset role;

select * from finish();
rollback;
