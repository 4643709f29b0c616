begin;
select plan(4);

create function pg_temp.bucket_limit() returns bigint
language sql as $$ select file_size_limit from storage.buckets where id = 'files' $$;
select is(pg_temp.bucket_limit(), max_file_bytes, 'takes files up to the limit at first') from pipeline_internal.limits;
update pipeline_internal.limits set max_file_bytes = 100000000;
select is(pg_temp.bucket_limit(), 100000000::bigint, 'takes larger files when the limit is raised');
update pipeline_internal.limits set max_file_bytes = 1000;
select is(pg_temp.bucket_limit(), max_text_bytes::bigint, 'still takes parsed texts when files are small')
from pipeline_internal.limits;
update pipeline_internal.limits set max_text_bytes = 5000000;
select is(pg_temp.bucket_limit(), 5000000::bigint, 'takes longer texts when their limit is raised');

select * from finish();
rollback;
