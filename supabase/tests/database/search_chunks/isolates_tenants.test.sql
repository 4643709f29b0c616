-- Every combination of arguments, valid and invalid.
begin;
select plan(3);

create temporary table ada as select j.* from tests.create_user('ada') u, tests.complete_document(u, 'hers') j;
create temporary table bob as select j.* from tests.create_user('bob') u, tests.complete_document(u, 'his') j;
create temporary table questions as
  select embedding, words, match_count, document_ids, mode
  from
    -- The other user's exact vectors and words; the second vector has no direction.
    (values (null), (tests.axis(1)),
      ((select embedding::text from upload_pipeline.document_chunks join bob using (document_id)
        where chunk_ord = 1))) e (embedding),
    (values (null), ('membership costs ten crowns a year'), (''), ('*'), (''' or true --'),
      ((select user_id::text from bob))) w (words),
    (values (null), (-1), (0), (1), (2147483647)) n (match_count),
    (values (null::uuid[]), ('{}'), (array[null]::uuid[]), ((select array[document_id] from bob)),
      ((select array[bob.document_id, ada.document_id] from ada, bob))) d (document_ids),
    (values ('hybrid'), ('vector'), ('text')) m (mode);
create temporary table answers (document_id uuid, filename text);
grant select on ada, bob, questions to public;
grant insert on answers to public;

select cmp_ok((select count(*) from questions), '>=', 400::bigint, 'asks many questions');
select tests.act_as(user_id) from ada;
insert into answers
select found.document_id, found.filename
from questions q cross join lateral upload_pipeline.search_chunks(
  q.embedding::extensions.vector(1536), q.words, q.match_count, q.document_ids, q.mode) found;
reset role;
select set_eq('select distinct document_id from answers', 'select document_id from ada',
  'finds the caller''s own chunks');
select is_empty('select * from answers where filename <> ''hers.pdf''', 'finds nothing of another user');

select * from finish();
rollback;
