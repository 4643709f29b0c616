-- The comment of a function names the columns that can be null, from which the console's types are generated. Calls
-- every function that reads, with its defaults, where there are documents in each state.
begin;
select plan(2);

create temporary table ada as select tests.create_user('ada') as user_id;
select tests.complete_document(user_id, 'one'), tests.register(user_id, 'two'), tests.job_at('chunk', user_id, 'three')
from ada;
create temporary table failed as select j.* from ada, tests.job_at('parse', user_id, 'four') j;
select tests.reject(tests.claim_original('parse', job_id), 'PARSE_FAILED', 'a message') from failed;
select pipeline_internal.add_endpoint('all', 'https://all.example.com', array['document.completed']);
select pipeline_internal.evaluate_alerts();
insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value)
values ('PipelineQueueOld', 'parse', 'critical', 'The oldest due message waits.', 1, 2, 3);

create temporary table operator as select tests.create_operator() as user_id;
grant select on operator to public;
select tests.end_transaction();
select tests.act_in_console(user_id) from operator;

create function pg_temp.unannounced_nulls() returns table (function text, "column" text)
language plpgsql as $$
declare
  v_call text;
  v_nullable text[];
begin
  for function, v_call, v_nullable in
    select p.proname,
           format('select to_jsonb(r) as r from %s(%s) r', p.oid::regproc, (
             select coalesce(string_agg('null::' || t::regtype, ', ' order by ord), '')
             from unnest(p.proargtypes) with ordinality a (t, ord) where ord <= p.pronargs - p.pronargdefaults)),
           string_to_array(
             substring(obj_description(p.oid) from '@nullable ([a-z0-9_]+(?:\[\])?(?:, [a-z0-9_]+(?:\[\])?)*)'), ', ')
    from pg_proc p where p.pronamespace = 'pipeline_console'::regnamespace and p.provolatile = 's'
  loop
    begin
      for "column" in execute format(
        $q$select distinct coalesce(c.key, 'result')
             || case when coalesce(c.value, r, 'null') <> 'null' then '[]' else '' end
           from (%s) answers
           left join lateral jsonb_each(case jsonb_typeof(r) when 'object' then r end) c on true
           where coalesce(c.value, r, 'null') = 'null'
              or (jsonb_typeof(c.value) = 'array' and c.value @> '[null]')$q$, v_call)
      loop
        if "column" <> all (coalesce(v_nullable, '{}')) then return next; end if;
      end loop;
    exception when others then
      -- A function that needs an argument is for its own test.
      if v_call not like '%null::%' then raise; end if;
    end;
  end loop;
end $$;
select is_empty('select function, "column" from pg_temp.unannounced_nulls()', 'names each column that can be null');

reset role;
create function pipeline_console.answers_null() returns table (a int, b int, c int[], d int[])
language sql stable set search_path = '' as $$ select null::int, null::int, array[null]::int[], array[null]::int[] $$;
comment on function pipeline_console.answers_null is '@nullable a, c[].';
select set_eq(
  'select function, "column" from pg_temp.unannounced_nulls()',
  $$values ('answers_null', 'b'), ('answers_null', 'd[]')$$,
  'finds a column that the comment does not name');

select * from finish();
rollback;
