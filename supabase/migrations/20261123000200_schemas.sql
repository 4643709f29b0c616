-- Two schemas: what users may read, and what only the pipeline may touch.

create schema upload_pipeline;
comment on schema upload_pipeline is
  'Documents, their jobs, chunks and events. Exposed to the Data API; row-level security shows each user their own.';

create schema pipeline_internal;
comment on schema pipeline_internal is
  'The engine: stages, leases, provider submissions, deliveries, worker runs. Not exposed; no rights for API roles.';

revoke all on schema pipeline_internal from public;
grant usage on schema upload_pipeline to authenticated, service_role;
