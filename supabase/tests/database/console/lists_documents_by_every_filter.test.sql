begin;
select plan(21);

create temporary table people as
  select name, tests.create_user(name) as user_id from unnest(array['ada', 'ben']) name;
create temporary table given (name text, document_id uuid, job_id uuid);
create function pg_temp.give(p_name text, p_job upload_pipeline.upload_jobs) returns void
language sql as $$ insert into given values (p_name, p_job.document_id, p_job.job_id) $$;
select pg_temp.give('complete', tests.complete_document(user_id, 'Annual Report')) from people where name = 'ada';
select pg_temp.give('warned', tests.complete_document(user_id, 'warned')) from people where name = 'ada';
select pg_temp.give('awaited', tests.register(user_id, 'awaited')) from people where name = 'ben';
select pg_temp.give('failed', tests.job_at('embed', user_id, 'failed')) from people where name = 'ben';
select tests.reject(tests.reclaim('embed', job_id), 'CONSOLE_CODE', 'bad') from given where name = 'failed';
select pg_temp.give('queued', tests.job_at('chunk', user_id, 'queued')) from people where name = 'ben';
update upload_pipeline.documents d
set warnings = '[{"code": "PAGES_EMPTY", "message": "no text on page 1", "pages": [1]}]'
from given where given.document_id = d.document_id and name = 'warned';
-- Registered hour by hour; changed at the same time.
create temporary table hours as select name, n from given, lateral (
  select array_position(array['complete', 'warned', 'queued', 'awaited', 'failed'], name) as n) h;
set session_replication_role = replica;
update upload_pipeline.documents d set created_at = timestamptz '2026-01-01 00:00Z' + n * interval '1 hour'
from given join hours using (name) where given.document_id = d.document_id;
update upload_pipeline.upload_jobs j set updated_at = timestamptz '2026-02-01 00:00Z' - n * interval '1 hour'
from given join hours using (name) where given.document_id = j.document_id;
set session_replication_role = origin;
create temporary table addresses as
  select user_id, email::text from people join auth.users on id = user_id where name = 'ada';
create temporary table operator as select tests.create_operator('viewer') as user_id;
grant select on people, given, hours, operator, addresses to public;
select tests.act_in_console(user_id, 'viewer') from operator;

create function pg_temp.names(p_arguments text, p_limit int default 50) returns text
language plpgsql as $$
declare
  v_names text;
begin
  execute format(
    'select string_agg(name, '' '' order by n) from (
       select g.name, d.ordinality as n from pipeline_console.documents(%s p_limit => %s) with ordinality d
       join given g using (document_id)) found', p_arguments || ',', p_limit) into v_names;
  return v_names;
end $$;

select is(pg_temp.names($$p_status => 'complete'$$), 'warned complete', 'filters by status, newest first');
select is(pg_temp.names($$p_status => 'parse_validated'$$), 'queued', 'filters by the status of an active document');
select is(pg_temp.names($$p_state => 'deadletter'$$), 'failed', 'filters by state');
select is(pg_temp.names($$p_state => 'queued'$$), 'awaited queued', 'filters by the state of waiting documents');
select is(pg_temp.names($$p_code => 'CONSOLE_CODE'$$), 'failed', 'filters by error code');
select is(pg_temp.names($$p_warning => 'PAGES_EMPTY'$$), 'warned', 'filters by warning');
select is(pg_temp.names(format('p_user_id => %L', user_id)), 'warned complete', 'filters by user')
from people where name = 'ada';
select is(pg_temp.names($$p_name => 'rEPORT'$$), 'complete', 'filters by a part of the name, whatever its case');
select is(pg_temp.names($$p_name => '%'$$), null, 'takes a part of the name literally');
select is(
  pg_temp.names($$p_created_from => '2026-01-01 02:00Z', p_created_until => '2026-01-01 04:00Z'$$), 'queued warned',
  'filters by registration, from inclusive and until exclusive');
select is(
  pg_temp.names($$p_updated_from => '2026-01-31 20:00Z', p_updated_until => '2026-01-31 22:00Z'$$), 'awaited queued',
  'filters by the last change');
select is(
  pg_temp.names($$p_state => 'done', p_warning => 'PAGES_EMPTY', p_name => 'warn'$$), 'warned', 'combines filters');
select is(
  pg_temp.names($$p_status => 'complete', p_state => 'queued'$$), null,
  'finds nothing where filters exclude each other');

select is(
  pg_temp.names($$p_created_from => '2026-01-01', p_created_until => '2026-01-02'$$, 2), 'failed awaited',
  'returns a page');
select is(
  pg_temp.names(
    format($$p_created_from => '2026-01-01', p_before => '2026-01-01 04:00Z', p_before_id => %L$$, document_id), 2),
  'queued warned', 'returns the page after a document')
from given where name = 'awaited';

select results_eq(
  $$select document_count, has_more from pipeline_console.document_count(p_code => 'CONSOLE_CODE')$$,
  'values (1::bigint, false)', 'counts exactly up to a thousand');
reset role;
set session_replication_role = replica;
insert into upload_pipeline.documents (
  document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path, original_path)
select gen_random_uuid(), user_id, 'many', 'application/pdf', 1, repeat('a', 64), 'raw ' || n, 'original ' || n
from people, generate_series(1, 1001) n where name = 'ben';
insert into upload_pipeline.upload_jobs (document_id, user_id) select document_id, user_id
from upload_pipeline.documents where filename = 'many';
set session_replication_role = origin;
select tests.act_in_console(user_id, 'viewer') from operator;
select results_eq(
  $$select document_count, has_more from pipeline_console.document_count(p_name => 'many')$$,
  'values (1000::bigint, true)', 'says that there are more than a thousand');
select is(
  (select count(*) from pipeline_console.documents(p_name => 'many', p_limit => 100000)), 200::bigint,
  'returns two hundred at most');

select is(pipeline_console.find_user('nobody@example.test'), null, 'finds no user for an unknown address');
select is(pipeline_console.find_user(upper(email)), user_id, 'finds a user by e-mail address') from addresses;
select is(pipeline_console.find_user(user_id::text), user_id, 'finds a user by id') from people where name = 'ada';

select * from finish();
rollback;
