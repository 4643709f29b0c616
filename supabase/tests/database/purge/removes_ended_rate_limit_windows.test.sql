begin;
select plan(1);

select pipeline_internal.consume_rate_limit('purge:over', 3, 60),
  pipeline_internal.consume_rate_limit('purge:open', 3, 60);
update pipeline_internal.rate_limits set resets_at = clock_timestamp() - interval '1 second' where key = 'purge:over';
select pipeline_internal.purge();
select set_eq(
  $$select key from pipeline_internal.rate_limits where key like 'purge:%'$$, array['purge:open'],
    'removes ended windows only');

select * from finish();
rollback;
