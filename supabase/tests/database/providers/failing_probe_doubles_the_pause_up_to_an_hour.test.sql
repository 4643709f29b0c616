begin;
select plan(4);

create function pg_temp.pauses(p_provider text, p_fault text, p_count int) returns int[]
language plpgsql as $$
declare
  v_pauses int[] := array[]::int[];
begin
  perform tests.add_provider(p_provider);
  perform tests.jobs_on(p_provider, p_count);
  for n in 1 .. p_count loop
    perform tests.settle(lease, tests.fault(p_fault)) from tests.claim_all(p_provider, 1);
    v_pauses := v_pauses || round(tests.probe_in(p_provider))::int;
    perform tests.pass_time(p_provider, 3601);
  end loop;
  return v_pauses;
end $$;

select is(
  pg_temp.pauses('pause_throttled', 'throttled', 10), array[15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600],
  'a provider that names no time is asked ever more rarely');
select is(
  pg_temp.pauses('pause_exhausted', 'exhausted', 6), array[300, 600, 1200, 2400, 3600, 3600],
  'one whose credit is used up still more rarely');

-- Opened by one answer, and then the probe meets another fault.
select tests.add_provider('pause_mixed');
select tests.jobs_on('pause_mixed', 4);
select tests.settle(lease, tests.fault('throttled')) from tests.claim_all('pause_mixed', 1);
select tests.pass_time('pause_mixed', 16);
select tests.settle(lease, tests.fault('transient')) from tests.claim_all('pause_mixed', 1);
select results_eq(
  $$select open_count, round(tests.probe_in('pause_mixed')) from tests.provider('pause_mixed')$$, $$values (2, 30::double precision)$$,
  'one transient failure of the probe is enough');
select tests.pass_time('pause_mixed', 31);
select tests.settle(lease, tests.fault('throttled', 5)) from tests.claim_all('pause_mixed', 1);
select is(round(tests.probe_in('pause_mixed')), 5::double precision, 'what the provider says itself counts, however often it has failed');

select * from finish();
rollback;
