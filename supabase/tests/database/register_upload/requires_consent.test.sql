begin;
select plan(9);

create temporary table ada as select tests.create_user() as user_id;
create function pg_temp.registered() returns text language sql as $$
  select r.outcome from ada cross join lateral pipeline_internal.register_upload(
    user_id, 'a.pdf', 'application/pdf', 12345, repeat('ab', 32), true, 'request-1') r
$$;
create function pg_temp.agrees(p_version text) returns text language sql as $$
  select r.outcome from ada cross join lateral pipeline_internal.record_consent(user_id, p_version, 'request-2',
    '203.0.113.0/24') r
$$;

update pipeline_internal.limits set required_consent_version = '2';
select is(pg_temp.registered(), 'consent_required', 'refuses a user without consent');
select is_empty('select from upload_pipeline.documents join ada using (user_id)', 'writes nothing');
select is(pg_temp.agrees('1'), 'outdated', 'refuses another version as outdated');
select is(pg_temp.agrees('2'), 'recorded', 'records the required version');
select is(pg_temp.agrees('2'), 'known', 'records it once');
select is(pg_temp.registered(), 'created', 'accepts documents after the consent');
select results_eq(
  $$select action, actor, details, network from pipeline_internal.audit_log join ada
    using (user_id) order by audit_no limit 1$$,
  $$values ('consent', 'user', '{"consent_version": "2"}'::jsonb, cidr '203.0.113.0/24')$$, 'writes an audit entry');

update pipeline_internal.limits set required_consent_version = '3';
select is(pg_temp.registered(), 'consent_required', 'refuses documents when a newer version is required');
update pipeline_internal.limits set required_consent_version = null;
select is(pg_temp.registered(), 'resumed', 'accepts documents when none is required');

select * from finish();
rollback;
