begin;
select plan(5);

create temporary table given as select j.* from tests.create_user() u, tests.complete_document(u, 'given') j;
create function pg_temp.seconds(p_query text, p_code text default null) returns double precision language plpgsql as $$
declare
  v_began timestamptz := clock_timestamp();
  v_code text;
begin
  begin
    execute p_query;
  exception when others then
    v_code := sqlstate;
  end;
  if v_code is distinct from p_code then raise exception 'it ended with %', v_code; end if;
  return extract(epoch from clock_timestamp() - v_began);
end $$;
create temporary table texts as
select (select string_agg('word' || n, ' ') from generate_series(1, 20000) n) as endless,
       -- As many words as the length allows.
       (select string_agg(w, ' ')
         from (select chr(97 + a) || chr(97 + b) as w from generate_series(0, 25) a,
           generate_series(0, 25) b limit 666) w) as longest,
       (select string_agg('"' || chr(97 + a) || chr(97 + b) || '"', ' ') from generate_series(0, 25) a,
         generate_series(0, 14) b) as phrases,
       (select string_agg(chr(19968 + n), '') from generate_series(1, 2000) n) as unspaced;
grant select on texts to authenticated;
select tests.act_as(user_id) from given;

select cmp_ok(
  pg_temp.seconds(format('select * from upload_pipeline.search_chunks(query_text => %L)', endless), '22023'), '<',
    0.5::double precision,
  'refuses 20,000 words') from texts;
select cmp_ok(
  pg_temp.seconds(format('select * from upload_pipeline.search_chunks(query_text => %L)', text)), '<',
    1::double precision,
  'a question of the greatest length is answered within a second: ' || left(text, 10))
from texts cross join lateral unnest(array[longest, left(phrases, 2000), unspaced]) text;
select throws_ok(
  $$select * from upload_pipeline.search_chunks(query_text => 'crowns', document_ids => array(select gen_random_uuid()
    from generate_series(1, 101)))$$,
  '22023', 'document_ids must have at most 100 elements, not 101', 'refuses more than a hundred documents');

select * from finish();
rollback;
