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
  select format($q$insert into storage.objects (bucket_id, name, metadata) values (%L, %L, '{"size": 1000}')$q$, p_bucket, p_name)
$$;
create function pg_temp.replacing(p_name text) returns text
language sql as $$
  select format($q$with put as (update storage.objects set metadata = '{"size": 7}' where name = %L returning 1) select count(*) from put$q$, p_name)
$$;

select tests.act_as(user_id) from ada;
select throws_ok(pg_temp.putting((select raw_path from bob)), '42501', null, 'Ada cannot put a file where Bob''s document waits');
select throws_ok(
  pg_temp.putting(format('user/%s/raw/%s.pdf', (select user_id from ada), gen_random_uuid())), '42501', null,
  'nor one that she did not register, not even into her folder');
select throws_ok(
  pg_temp.putting(format('user/%s/parsed/%s.md', (select user_id from ada), (select document_id from ada))), '42501', null,
  'nor text that she would like to have been parsed');
select throws_ok(
  pg_temp.putting((select original_path from ada)), '42501', null, 'nor bytes that she would like to have been verified');
select throws_ok(pg_temp.putting((select raw_path from ada), 'elsewhere'), '42501', null, 'nor anything into another bucket');
select lives_ok(pg_temp.putting((select raw_path from ada)), 'she can put the file that she registered');
select results_eq(
  'select status from upload_pipeline.upload_jobs', array['uploaded'], 'which starts its way');
select results_eq(pg_temp.replacing((select raw_path from ada)), array[0::bigint], 'after that she cannot replace it');
select is_empty('select name from storage.objects', 'nor read it before it is verified');
reset role;
insert into storage.objects (bucket_id, name) select 'files', raw_path from bob;
select tests.act_as(user_id) from bob;
select results_eq(pg_temp.replacing((select raw_path from bob)), array[1::bigint], 'while a document waits, its owner can replace what is there');
select results_eq(pg_temp.replacing((select raw_path from bob)), array[0::bigint], 'but only until work has begun');
reset role;

select * from finish();
rollback;
