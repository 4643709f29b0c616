begin;
select plan(6);

update pipeline_internal.prices set cents = case unit when 'parsed_page' then 2 else 0.5 end;
create function pg_temp.cost(p_job_id uuid) returns numeric language sql as $$
  select cost_cents from pipeline_internal.job_costs(array[p_job_id])
$$;
create temporary table ada as select tests.create_user() as user_id;

select is(pg_temp.cost(job_id), 0.0000, 'nothing before it is parsed')
from ada, tests.job_at('collect', user_id, 'new') j;
create temporary table cut as select j.* from ada, tests.job_at('embed', user_id, 'cut') j;
select is(pg_temp.cost(job_id), 4.0000, 'two pages once they are collected') from cut;

create temporary table lease as select tests.claim('embed', job_id) as l from cut;
select tests.embed(l, document_id) from lease, cut;
select is(pg_temp.cost(job_id), 11.0000, 'and fourteen tokens once they are embedded') from cut;

-- The same text in another document takes its vectors over.
create temporary table copied as select j.* from ada, tests.job_at('embed', user_id, 'copied') j;
update upload_pipeline.document_chunks set created_at = clock_timestamp() where document_id = (select document_id from copied);
select isnt_empty(
  'select from upload_pipeline.document_chunks where embedding is not null and document_id = (select document_id from copied)',
  'another document with the same text has its vectors');
select is(pg_temp.cost(job_id), 4.0000, 'and paid for its pages only') from copied;

update pipeline_internal.submissions set outcome = 'PARSE_FAILED' where job_id = (select job_id from copied);
select is(pg_temp.cost(job_id), 0.0000, 'pages of a parse that failed are not counted') from copied;

select * from finish();
rollback;
