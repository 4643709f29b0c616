begin;
select plan(11);

create temporary table ada as select tests.create_user() as user_id;
select is((select count(*) from pipeline_internal.outbox), 0::bigint, 'has no notifications at first');
select tests.complete_document(user_id, 'before') from ada;
select is((select count(*) from pipeline_internal.outbox), 0::bigint, 'writes nothing without an endpoint');

create temporary table secrets as
  select pipeline_internal.add_endpoint('app', 'https://app.example.com/hook',
    array['document.completed', 'document.failed']) as secret;
select matches(secret, '^whsec_[A-Za-z0-9+/]{32}$', 'gives each endpoint its own secret') from secrets;
select pipeline_internal.add_endpoint('chat', 'https://hooks.example.com/1', array['document.failed'], 'slack');
select pipeline_internal.add_endpoint('off', 'https://off.example.com', array['document.completed']);
update pipeline_internal.endpoints set is_enabled = false where name = 'off';
select throws_ok(
  $$select pipeline_internal.add_endpoint('bad', 'https://x.example.com', array['document.completed'],
    p_secret => 'short')$$,
  '22023', null, 'refuses a short secret');
select throws_ok(
  $$select pipeline_internal.add_endpoint('bad', 'https://x.example.com', array['document.renamed'])$$,
  '23514', null, 'refuses an unknown event');

create temporary table good as select j.* from ada, tests.complete_document(user_id, 'good') j;
select results_eq(
  $$
    select e.name, o.type, b.body ->> 'type', b.body -> 'data'
    from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
    cross join lateral (select o.body::jsonb as body) b
  $$,
  $$
    select 'app', 'document.completed', 'document.completed', jsonb_build_object(
      'document_id', document_id, 'job_id', job_id, 'user_id', user_id, 'status', 'complete', 'request_id', 'req-good')
    from good
  $$, 'notifies once of a complete document');

select tests.set_secret('pipeline_functions_url', 'http://127.0.0.1:1/functions/v1');
create temporary table bad as select j.* from ada, tests.job_at('parse', user_id, 'bad') j;
-- A worker has sent the due notifications.
select count(*) from pipeline_internal.begin_notifications(100);
create temporary table called as select tests.calls('notify') as count;
select tests.reject(tests.claim('parse', job_id), 'NOT_A_PDF', 'no PDF') from bad;
select results_eq(
  $$
    select e.name, coalesce(body::jsonb -> 'data' ->> 'code', body::jsonb ->> 'text')
    from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
    where o.type = 'document.failed' order by 1
  $$,
  $$select 'app', 'NOT_A_PDF' union all select 'chat', format('Document %s failed: no PDF (NOT_A_PDF)', document_id)
    from bad$$,
  'notifies of a failed document with the error, and in a sentence for a chat');
select is(
  (select count(distinct message_id) from pipeline_internal.outbox where type = 'document.failed'), 1::bigint,
  'uses one message id for all endpoints');
select is(tests.calls('notify') - count, 1::bigint, 'calls the worker once') from called;
select pipeline_internal.notify('document.failed', '{}', 'another');
select is(tests.calls('notify') - count, 1::bigint, 'does not call the worker while notifications are due') from called;

select pipeline_internal.rechunk(document_id) from good;
select tests.finish_chunk(tests.claim('chunk', job_id), 'markdown-simple', '2', tests.two_chunks()) from good;
create temporary table again as select tests.claim('embed', job_id) as lease from good;
select tests.embed(lease, document_id) from again, good;
select tests.finish_embed(lease) from again;
select is(
  (select count(*) from pipeline_internal.outbox join pipeline_internal.endpoints using (endpoint_id)
   where name = 'app' and type = 'document.completed'), 2::bigint, 'notifies again when the document completes again');

select * from finish();
rollback;
