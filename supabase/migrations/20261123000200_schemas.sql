-- The two schemas of the pipeline: one that users may read, and one that only the pipeline uses.

create schema upload_pipeline;
comment on schema upload_pipeline is
  'Documents with their jobs, chunks and events. The Data API exposes this schema; row-level security shows each user '
  'their own rows.';

create schema pipeline_internal;
comment on schema pipeline_internal is
  'The engine: stages, leases, submissions, deliveries, worker runs. Not exposed; API roles have no rights on it.';

revoke all on schema pipeline_internal from public;
grant usage on schema upload_pipeline to authenticated, service_role;
