begin;
select plan(6);

-- The intervals that differ from the expected ones.
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
  pg_temp.wrong_pauses('pause_throttled', 'throttled', array[15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]),
    array[]::int[],
  'doubles the interval when the provider names no time');
select is(
  pg_temp.wrong_pauses('pause_exhausted', 'exhausted', array[60, 120, 240, 480, 960, 1920, 3600, 3600]), array[]::int[],
  'begins with a minute when the credit is exhausted');

-- Opened by one kind of answer; then the probe fails with another.
select tests.add_provider('pause_mixed');
select tests.add_jobs('pause_mixed', 4);
select tests.settle(lease, tests.fault('throttled')) from tests.claim_all('pause_mixed', 1);
select tests.pass_time('pause_mixed', 16);
select tests.settle(lease, tests.fault('transient')) from tests.claim_all('pause_mixed', 1);
select results_eq(
  $$select open_count, tests.is_probe_due_in('pause_mixed', 15) from tests.provider('pause_mixed')$$,
    $$values (2, true)$$,
  'restarts the interval after one transient failure of the probe');
select tests.pass_time('pause_mixed', 16);
select tests.settle(lease, tests.fault('throttled', 5)) from tests.claim_all('pause_mixed', 1);
select ok(tests.is_probe_due_in('pause_mixed', 5), 'prefers the time that the provider names');

-- The credit runs out after a few rate limits.
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
select ok(tests.is_probe_due_in('pause_credit', 60), 'waits a minute for exhausted credit, whatever failed before');
select tests.pass_time('pause_credit', 61);
select tests.settle(lease, tests.fault('exhausted')) from tests.claim_all('pause_credit', 1);
select ok(tests.is_probe_due_in('pause_credit', 120), 'doubles that interval');

select * from finish();
rollback;
