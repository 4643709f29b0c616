begin;
select plan(5);

create temporary table given as select * from tests.job_at('chunk');
select is(
  tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '1', tests.two_chunks()), true,
  'settles with two chunks') from given;
select results_eq(
  $$
    select ord, page_from, page_to, heading_path, text, token_count, chunk_sha, chunker_name, chunker_version, user_id
    from pipeline_internal.pending_chunks where document_id = (select document_id from given) order by ord
  $$,
  $$
    select ord, page, page, array[heading], text, tokens, encode(extensions.digest(text, 'sha256'), 'hex'),
      'markdown-simple', '1',
           (select user_id from given)
    from (values (0, 1, 'Fees', 'Membership costs ten crowns a year.', 8),
                 (1, 2, 'Hours', 'The library opens at nine.', 6)) v (ord, page, heading, text, tokens)
  $$,
  'stores order, pages, headings, tokens, digest and owner');
select is_empty(
  'select from pipeline_internal.pending_vectors where document_id = (select document_id from given)',
    'stores no vectors yet');
select results_eq(
  'select status, stage, state from tests.job((select job_id from given))',
  $$values ('embedding_queued', 'embed', 'queued')$$, 'moves the document to the next stage');
select results_eq(
  'select text from pipeline_internal.unembedded_chunks((select document_id from given), 1)',
  array['Membership costs ten crowns a year.'], 'returns the chunks to embed in order, up to the requested number');

select * from finish();
rollback;
