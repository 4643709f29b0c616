-- The operator's search finds what the user's own finds: the same chunks with the same ranks and scores.
begin;
select plan(5);

create temporary table people as select tests.create_user('ada') as ada, tests.create_operator() as operator;
create temporary table hers as
  select j.* from people, tests.complete_document(ada, 'hers', (
    select jsonb_agg(jsonb_build_object('ord', n, 'page_from', n + 1, 'page_to', n + 1, 'page_offsets', array[0],
      'heading_path', '["Fees"]'::jsonb, 'text', 'Crowns are paid in part ' || n || '.', 'tokens', 8))
    from generate_series(0, 9) n)) j;
-- The operator has the same words, which must not be counted.
select j.document_id from people, tests.complete_document(operator, 'own') j;
select pipeline_internal.store_question_vector(operator, 'model', repeat('a', 64), tests.axis(3)::extensions.vector)
from people;
insert into pipeline_internal.support_access (user_id, until) select ada, now() + interval '1 day' from people;
grant select on people, hers to public;

create temporary table options as
  select mode, k, max_per_document, min_score
  from unnest(array['hybrid', 'vector', 'text']) mode, unnest(array[1, 5, 50]) k,
       unnest(array[null, 2]) max_per_document, unnest(array[null, 0.3]) min_score;
create temporary table answers (asked_by text, mode text, k int, max_per_document int, min_score float8, answer jsonb);
grant select on options to public;
grant insert, select on answers to public;

select tests.act_as(ada) from people;
insert into answers
select 'user', o.*, pipeline_search.search(
  tests.axis(3)::extensions.halfvec(1536)::extensions.vector, 'crowns in part 3', o.k, null, o.mode, o.min_score,
  max_per_document => o.max_per_document, explain => true)
from options o;
select tests.act_in_console(operator) from people;
insert into answers
select 'operator', o.*, pipeline_console.try_search(
  ada, 'crowns in part 3', repeat('a', 64), o.mode, o.k, null, o.min_score, null, o.max_per_document)
from people, options o;

select cmp_ok((select count(*) from answers where jsonb_array_length(answer -> 'results') > 0), '>=', 60::bigint,
  'finds something with most options');
select results_eq(
  $$select mode, k, max_per_document, min_score, answer - 'timings' from answers where asked_by = 'operator'
    order by 1, 2, 3, 4$$,
  $$select mode, k, max_per_document, min_score, answer from answers where asked_by = 'user' order by 1, 2, 3, 4$$,
  'answers the operator as the user: the same chunks, ranks, scores and explanations');
select is_empty(
  $$select mode, answer -> 'timings' from answers where asked_by = 'operator'
    and (select array_agg(key order by key) from jsonb_each(answer -> 'timings') where value::text::float8 >= 0)
      is distinct from case mode when 'hybrid' then array['search_ms', 'text_ms', 'vector_ms']
        else array['search_ms'] end$$,
  'says how long each part took');

create function pg_temp.explained(p_chunk_id uuid) returns text
language sql as $$
  select pipeline_console.try_search(
    ada, 'crowns in part 3', null, 'text', 1, p_explain_chunk_id => p_chunk_id) -> 'explained' ->> 'reason' from people
$$;
create temporary table chunks as select null::uuid as hers, null::uuid as own;
reset role;
update chunks set
  hers = (select chunk_id from upload_pipeline.document_chunks join hers using (document_id) where chunk_ord = 9),
  own = (select chunk_id from upload_pipeline.document_chunks c, people where c.user_id = operator limit 1);
grant select on chunks to public;
select tests.act_in_console(operator) from people;
select isnt(pg_temp.explained(hers), 'NO_SUCH_CHUNK', 'explains why a chunk of the user is not a result') from chunks;
select is(pg_temp.explained(own), 'NO_SUCH_CHUNK', 'knows no chunk of another user, nor the operator''s own')
  from chunks;

select * from finish();
rollback;
