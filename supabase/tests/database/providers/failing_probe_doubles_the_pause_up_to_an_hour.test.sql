begin;
select plan(4);

-- Those of the pauses that are not as long as they should be.
create function pg_temp.wrong_pauses(p_provider text, p_fault text, p_pauses int[]) returns int[]
language plpgsql as $$
declare
  v_wrong int[] := array[]::int[];
  v_pause int;
begin
  perform tests.add_provider(p_provider);
  perform tests.jobs_on(p_provider, cardinality(p_pauses));
  foreach v_pause in array p_pauses loop
    perform tests.settle(lease, tests.fault(p_fault)) from tests.claim_all(p_provider, 1);
    if not tests.is_probed_in(p_provider, v_pause) then
      v_wrong := v_wrong || v_pause;
    end if;
    perform tests.pass_time(p_provider, 3601);
  end loop;
  return v_wrong;
end $$;

select is(
  pg_temp.wrong_pauses('pause_throttled', 'throttled', array[15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]), array[]::int[],
  'a provider that names no time is asked ever more rarely');
select is(
  pg_temp.wrong_pauses('pause_exhausted', 'exhausted', array[300, 600, 1200, 2400, 3600, 3600]), array[]::int[],
  'one whose credit is used up still more rarely');

-- Opened by one answer, and then the probe meets another fault.
select tests.add_provider('pause_mixed');
select tests.jobs_on('pause_mixed', 4);
select tests.settle(lease, tests.fault('throttled')) from tests.claim_all('pause_mixed', 1);
select tests.pass_time('pause_mixed', 16);
select tests.settle(lease, tests.fault('transient')) from tests.claim_all('pause_mixed', 1);
select results_eq(
  $$select open_count, tests.is_probed_in('pause_mixed', 30) from tests.provider('pause_mixed')$$, $$values (2, true)$$,
  'one transient failure of the probe is enough');
select tests.pass_time('pause_mixed', 31);
select tests.settle(lease, tests.fault('throttled', 5)) from tests.claim_all('pause_mixed', 1);
select ok(tests.is_probed_in('pause_mixed', 5), 'what the provider says itself counts, however often it has failed');

select * from finish();
rollback;
