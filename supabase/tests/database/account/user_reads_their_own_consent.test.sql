begin;
select plan(5);

create temporary table people as select tests.create_user('ada') as ada, tests.create_user('bob') as bob;
grant select on people to public;
select pipeline_internal.record_consent(bob, '2026-10', 'req') from people;

select tests.act_as(ada) from people;
select results_eq('select * from upload_pipeline.consent()',
  'values (null::text, null::timestamptz, null::text, false)', 'misses nothing when no version is required');
reset role;
update pipeline_internal.limits set required_consent_version = '2026-11';
select tests.act_as(ada) from people;
select results_eq('select consent_version, required_version, is_missing from upload_pipeline.consent()',
  $$values (null::text, '2026-11', true)$$, 'says which version is missing');
select tests.act_as(bob) from people;
select results_eq('select consent_version, consented_at is not null, is_missing from upload_pipeline.consent()',
  $$values ('2026-10', true, true)$$, 'says which earlier version the user agreed to, and that it is not enough');
reset role;
select pipeline_internal.record_consent(bob, '2026-11', 'req') from people;
select tests.act_as(bob) from people;
select results_eq('select consent_version, is_missing from upload_pipeline.consent()',
  $$values ('2026-11', false)$$, 'misses nothing after the user has agreed');
select tests.act_as_anon();
select throws_ok('select * from upload_pipeline.consent()', '42501', null, 'answers no one who is not signed in');

select * from finish();
rollback;
