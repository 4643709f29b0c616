begin;
select plan(2);

create temporary table given as select j.* from tests.create_user() u, tests.job_at('chunk', u, 'statutes') j;
select tests.finish_chunk(
  tests.claim('chunk', job_id), 'markdown-simple', '1',
  '[{"ord": 0, "context": "Fees", "text": "Ten crowns.", "tokens": 3},
    {"ord": 1, "context": "Fees", "text": "Paid yearly.", "tokens": 3},
    {"ord": 2, "context": "Fees", "text": "# Opening hours\nFrom nine.", "tokens": 5}, {"ord": 3,
      "text": "Nothing above.", "tokens": 3}]')
from given;
select results_eq(
  $$
    select ts_delete(n.search_text, array['statutes', 'pdf', 'statutes.pdf'])::text, n.search_text @@ 'statutes'
    from pipeline_internal.pending_chunks n join given using (document_id) order by n.ord
  $$,
  $$values (e'\'crown\':3 \'fee\':1B \'ten\':2', true), (e'\'fee\':1B \'paid\':2 \'year\':3', true),
           (e'\'fee\':1B \'hour\':3B,5 \'nine\':7 \'open\':2B,4', true), (e'\'noth\':1', true)$$,
  'indexes headings with their weight, the text and the file name');
select is_empty(
  $$
    select n.ord from pipeline_internal.pending_chunks n join given using (document_id)
    join upload_pipeline.documents d using (document_id)
    where n.search_text is distinct from pipeline_internal.search_text('en', d.filename, n.context, n.text)
  $$, 'computes the same words for a single chunk');
select * from finish();
rollback;
