begin;
select plan(6);

-- Those of the pauses that are not as long as they should be.
create function pg_temp.wrong_pauses(p_provider text, p_fault text, p_pauses int[]) returns int[]
language plpgsql as $$
declare
  v_wrong int[] := array[]::int[];
  v_pause int;
begin
  perform tests.add_provider(p_provider);
  perform tests.add_jobs(p_provider, cardinality(p_pauses));
  foreach v_pause in array p_pauses loop
    perform tests.settle(lease, tests.fault(p_fault)) from tests.claim_all(p_provider, 1);
    if not tests.is_probe_due_in(p_provider, v_pause) then
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
  pg_temp.wrong_pauses('pause_exhausted', 'exhausted', array[60, 120, 240, 480, 960, 1920, 3600, 3600]), array[]::int[],
  'one whose credit is used up still more rarely, from a minute on');

-- Opened by one answer, and then the probe meets another fault.
select tests.add_provider('pause_mixed');
select tests.add_jobs('pause_mixed', 4);
select tests.settle(lease, tests.fault('throttled')) from tests.claim_all('pause_mixed', 1);
select tests.pass_time('pause_mixed', 16);
select tests.settle(lease, tests.fault('transient')) from tests.claim_all('pause_mixed', 1);
select results_eq(
  $$select open_count, tests.is_probe_due_in('pause_mixed', 15) from tests.provider('pause_mixed')$$, $$values (2, true)$$,
  'one transient failure of the probe is enough, and its pause begins anew');
select tests.pass_time('pause_mixed', 16);
select tests.settle(lease, tests.fault('throttled', 5)) from tests.claim_all('pause_mixed', 1);
select ok(tests.is_probe_due_in('pause_mixed', 5), 'what the provider says itself counts, however often it has failed');

-- Credit runs out after a few rate limits.
select tests.add_provider('pause_credit');
select tests.add_jobs('pause_credit', 5);
do $$
begin
  for n in 1..3 loop
    perform tests.settle(lease, tests.fault('throttled')) from tests.claim_all('pause_credit', 1);
    perform tests.pass_time('pause_credit', 3601);
  end loop;
end $$;
select tests.settle(lease, tests.fault('exhausted')) from tests.claim_all('pause_credit', 1);
select ok(tests.is_probe_due_in('pause_credit', 60), 'a lack of credit is probed after a minute, whatever failed before it');
select tests.pass_time('pause_credit', 61);
select tests.settle(lease, tests.fault('exhausted')) from tests.claim_all('pause_credit', 1);
select ok(tests.is_probe_due_in('pause_credit', 120), 'then less often');

select * from finish();
rollback;
