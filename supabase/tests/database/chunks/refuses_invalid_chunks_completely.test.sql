begin;
select plan(4);

create temporary table given as select * from tests.job_at('chunk');
create temporary table lease as select tests.claim('chunk', job_id) as lease from given;
create temporary table before as select tests.snapshot(job_id) as picture from given;

create function pg_temp.storing(p_chunks text) returns text
language sql as $$
  select format('select tests.finish_chunk((select lease from lease), ''markdown-simple'', ''1'', %L)', p_chunks)
$$;
select throws_ok(pg_temp.storing('[{"ord": 0, "heading_path": [], "text": "fine", "tokens": 1}, {"ord": 1, '
    '"heading_path": [], "text": "", "tokens": 1}]'),
  '23514', null, 'refuses a chunk without text');
select throws_ok(pg_temp.storing('[{"ord": 0, "heading_path": [], "text": "no tokens", "tokens": 0}]'), '23514', null,
  'refuses a chunk without tokens');
select throws_ok(pg_temp.storing('[{"ord": 0, "heading_path": [], "text": "a", "tokens": 1}, {"ord": 0, '
    '"heading_path": [], "text": "b", "tokens": 1}]'),
  '23505', null, 'refuses two chunks with the same ordinal');
select is(tests.snapshot((select job_id from given)), (select picture from before),
  'leaves the job, its message and its chunks unchanged');

select * from finish();
rollback;
