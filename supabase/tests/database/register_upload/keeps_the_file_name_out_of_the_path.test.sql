begin;
select plan(11);

create temporary table ada as select tests.create_user() as user_id;
create temporary table names (n int, filename text);
insert into names values
  (1, '../../../etc/passwd'), (2, '/user/00000000-0000-4000-8000-000000000000/raw/x.pdf'), (3, 'a/b\c.pdf'),
  (4, '''; drop table upload_pipeline.documents; --'), (5, '%s%I%L$1'), (6, E'two\nlines.pdf'), (7, '🦀 نص.pdf'),
    (8, repeat('x', 120));

create temporary table registered as
  select n, r.* from ada, names cross join lateral pipeline_internal.register_upload(
    user_id, names.filename, 'application/pdf', 1000, encode(extensions.digest(n::text, 'sha256'), 'hex'), false,
      'r') r;
select is(
  raw_path, (select format('user/%s/raw/%s.pdf', user_id, document_id) from ada), 'path of ' || to_json(filename))
from registered order by n;
select results_eq(
  'select n, d.filename from upload_pipeline.documents d join registered using (document_id) order by n',
  'select n, filename from names order by n', 'stores each name for display');

create function pg_temp.registering(p_filename text) returns text
language sql as $$
  select format(
    $q$select * from pipeline_internal.register_upload((select user_id from ada), %L, 'application/pdf', 1,
      repeat('ab', 32), false, 'r')$q$,
    p_filename)
$$;
select throws_ok(pg_temp.registering(repeat('x', 121)), '23514', null, 'refuses a name of 121 characters');
select throws_ok(pg_temp.registering(''), '23514', null, 'refuses an empty name');

select * from finish();
rollback;
