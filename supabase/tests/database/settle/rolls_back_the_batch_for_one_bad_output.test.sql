-- The worker then settles the attempts one by one, and only the bad one fails.
begin;
select plan(9);

create temporary table given as
  select name, j.job_id, tests.reclaim('chunk', j.job_id) as lease
  from (values ('good'), ('bad'), ('rejected')) n (name), tests.job_at('chunk', p_seed => name) j;
create temporary table before as select name, tests.snapshot(job_id) as picture from given;

create function pg_temp.settlement(p_name text) returns jsonb
language sql as $$
  select tests.settlement(lease, case p_name
    when 'rejected' then '{"outcome": "reject", "code": "BAD", "message": "bad"}'
    when 'unheard of' then '{"outcome": "celebrate"}'
    else jsonb_build_object('outcome', 'done', 'output', jsonb_build_object(
      'chunker_name', 'markdown-simple', 'chunker_version', '1', 'embed_model', 'model', 'chunks',
      case p_name when 'good' then tests.two_chunks()
        else '[{"ord": 0, "text": "", "heading_path": [], "tokens": 1}]' end)) end)
  from given where name = case p_name when 'unheard of' then 'bad' else p_name end
$$;

select throws_ok(
  $$
    select tests.settle_all('chunk', jsonb_build_array(
      pg_temp.settlement('good'), pg_temp.settlement('rejected'), pg_temp.settlement('bad')))
  $$, '23514', null, 'refuses a chunk without text');
select is(tests.snapshot(job_id), picture, format('the %s one is as it was', name)) from given join before
  using (name) order by name;
select throws_ok(
  $$
    select tests.settle_all('chunk', jsonb_build_array(pg_temp.settlement('good'), pg_temp.settlement('unheard of')))
  $$, '20000', null, 'refuses an unknown outcome');

select isnt_empty($$select tests.settle_all('chunk', jsonb_build_array(pg_temp.settlement('good')))$$,
  'settles the good attempt by itself');
select isnt_empty($$select tests.settle_all('chunk', jsonb_build_array(pg_temp.settlement('rejected')))$$,
  'settles the rejected attempt by itself');
select results_eq(
  'select name, status from given, tests.job(given.job_id) order by name',
  $$values ('bad', 'chunking'), ('good', 'embedding_queued'), ('rejected', 'failed_chunking')$$,
    'settles each by its outcome');
select is(tests.snapshot(job_id), picture, 'keeps the lease of the bad attempt') from given join before using (name)
  where name = 'bad';

select * from finish();
rollback;
