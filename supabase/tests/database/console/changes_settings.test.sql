begin;
select plan(36);

create temporary table operator as select tests.create_operator() as user_id;
grant select on operator to public;
create function pg_temp.version(p_setting text, p_row text, p_column text) returns text
language sql as $$
  select version from pipeline_console.settings(p_setting) where row_key = p_row and column_name = p_column
$$;
-- Changes one column, from the version that is there now.
create function pg_temp.change(p_setting text, p_row text, p_column text, p_value jsonb) returns void
language sql as $$
  select pipeline_console.change_settings(p_setting, jsonb_build_object(p_column, jsonb_build_object(
    'value', p_value, 'version', pg_temp.version(p_setting, coalesce(p_row, 'true'), p_column))), p_row)
$$;
alter table pipeline_internal.limits
  add column brand_new int not null default 5 check (brand_new between 2 and 9 and brand_new < max_pages);
comment on column pipeline_internal.limits.brand_new is 'What a later version adds.';
select tests.add_stage('console_settings');
create temporary table catalogue as
  select attname::text as column_name from pg_attribute
  where attrelid = 'pipeline_internal.limits'::regclass and attnum > 0 and not attisdropped and attname <> 'singleton';
grant select on catalogue to public;
select tests.act_in_console(user_id) from operator;

select set_eq(
  $$select column_name from pipeline_console.settings('limits')$$,
  'select column_name from catalogue',
  'shows every limit of the catalogue');
select is_empty(
  $$select column_name from pipeline_console.settings('limits') where not is_editable$$, 'lets each be changed');
select is_empty(
  $$select t, s.column_name from unnest(array['limits', 'retention', 'stages', 'providers']) t,
      pipeline_console.settings(t) s where s.is_editable and coalesce(s.description, '') = ''$$,
  'says what each setting means that may be changed');
select results_eq(
  $$select type, value, default_value, description, rules, is_editable, is_nullable
    from pipeline_console.settings('limits') where column_name = 'brand_new'$$,
  $$values ('integer', '5'::jsonb, '5'::jsonb, 'What a later version adds.',
            array['brand_new >= 2 and brand_new <= 9 and brand_new < max_pages'], true, false)$$,
  'shows a new column by itself: type, value, default, meaning and rule');
select lives_ok($$select pg_temp.change('limits', null, 'brand_new', '7')$$, 'changes a new column');
select is((select value from pipeline_console.settings('limits') where column_name = 'brand_new'), '7'::jsonb,
  'did so');

-- What is refused says why, by column.
select throws_ok($$select pg_temp.change('limits', null, 'max_pages', '0')$$, '22023',
  'max_pages must satisfy: max_pages > 0; must satisfy: brand_new >= 2 and brand_new <= 9 and brand_new < max_pages.',
  'explains each rule that a value breaks');
select throws_ok($$select pg_temp.change('limits', null, 'max_pages', '2.5')$$, '22023',
  'max_pages must be a whole number.', 'explains a fraction');
select throws_ok($$select pg_temp.change('limits', null, 'max_pages', '"200"')$$, '22023',
  'max_pages must be a number.', 'explains a text');
select throws_ok($$select pg_temp.change('limits', null, 'max_pages', '"NaN"')$$, '22023',
  'max_pages must be a number.', 'takes no number that is none');
select throws_ok($$select pg_temp.change('limits', null, 'max_pages', '3000000000')$$, '22023',
  'max_pages is too large or too small for integer.', 'explains a number that does not fit');
select throws_ok($$select pg_temp.change('limits', null, 'max_pages', 'null')$$, '22023',
  'max_pages must have a value.', 'explains a missing value');
select throws_ok($$select pg_temp.change('limits', null, 'live_status', '1')$$, '22023',
  'live_status must be true or false.', 'explains what is no truth value');
select throws_ok($$select pg_temp.change('limits', null, 'ocr_languages', '"de"')$$, '22023',
  'ocr_languages must be a list of texts.', 'explains what is no list');
select throws_ok($$select pg_temp.change('limits', null, 'ocr_languages', '["de", "not a code!"]')$$, '22023',
  'ocr_languages must satisfy: codes of languages, such as en, de or ch_sim, and none of them empty.',
  'explains a rule in words where its expression says little');
select throws_ok($$select pg_temp.change('limits', null, 'singleton', 'true')$$, '22023',
  'singleton cannot be changed here.', 'refuses the key');
select throws_ok($$select pg_temp.change('limits', null, 'x', '1')$$, '22023',
  'x cannot be changed here.', 'refuses an unknown column');
select throws_ok(
  $$select pipeline_console.change_settings('limits', '{"monthly_budget_cents": {"version": "x"}}')$$, '22023',
  'monthly_budget_cents has no new value.', 'takes a missing value for no value');
select throws_ok($$select pipeline_console.change_settings('audit_log', '{"x": {}}')$$, '22023',
  'There is nothing to change in audit_log.', 'refuses another table');
select throws_ok($$select * from pipeline_console.settings('endpoints')$$, '22023', 'Unknown setting: endpoints.',
  'shows no other table');
select throws_ok($$select pg_temp.change('stages', 'console_settings', 'next_stage', '"chunk"')$$, '22023',
  'next_stage cannot be changed here.', 'keeps the sequence of the stages');
select throws_ok($$select pg_temp.change('stages', 'no_such_stage', 'slots', '1')$$, '22023',
  'There is no row no_such_stage in stages.', 'refuses an unknown stage');
select throws_ok($$select pg_temp.change('providers', 'openai', 'request_level', '1')$$, '22023',
  'request_level cannot be changed here.', 'keeps what the pipeline itself writes');
select throws_ok($$select pg_temp.change('stages', 'console_settings', 'lease_seconds', '1e30')$$, '22023',
  'lease_seconds must satisfy: lease_seconds >= 1 and lease_seconds <= 86400.',
  'refuses a lease that no time can hold');
select throws_ok($$select pg_temp.change('retention', 'audit_log', 'days', '3')$$, '22023',
  'days must satisfy: audit entries are kept for 30 days at least.', 'keeps audit entries');

-- Several columns at once, which would be refused one by one.
select lives_ok($$
  select pipeline_console.change_settings(p_row => 'console_settings', p_setting => 'stages',
    p_changes => jsonb_build_object(
    'backoff_base_seconds', jsonb_build_object(
      'value', 1000, 'version', pg_temp.version('stages', 'console_settings', 'backoff_base_seconds')),
    'backoff_cap_seconds', jsonb_build_object(
      'value', 2000, 'version', pg_temp.version('stages', 'console_settings', 'backoff_cap_seconds'))))$$,
  'changes columns together that depend on each other');
select lives_ok($$select pg_temp.change('retention', 'worker_runs', 'days', '5.5')$$, 'changes retention');
select lives_ok(
  $$select pg_temp.change('limits', null, 'ocr_languages', '["de", "ch_sim"]'),
           pg_temp.change('limits', null, 'monthly_budget_cents', 'null'),
           pg_temp.change('limits', null, 'required_consent_version', '"2026-01"')$$,
  'takes lists, nothing and texts');
select lives_ok(
  $$select pg_temp.change('limits', null, 'allowed_mime_types', '["application/pdf", "text/markdown"]')$$,
  'allows file types');
select throws_ok($$select pg_temp.change('limits', null, 'allowed_mime_types', '["image/heic"]')$$, '22023',
  'allowed_mime_types has types that the pipeline does not know: image/heic.', 'explains an unknown file type');

-- Another operator was faster.
create temporary table seen as select pg_temp.version('limits', 'true', 'max_pages') as version;
select pg_temp.change('limits', null, 'max_pages', '300');
select throws_ok($$
  select pipeline_console.change_settings('limits', jsonb_build_object(
    'max_pages', jsonb_build_object('value', 100, 'version', version))) from seen$$, 'PT409',
  'Changed meanwhile: max_pages is 300 now. Nothing was saved.', 'does not overwrite what another operator changed');

select results_eq(
  $$select o.email is not null, c.row_key, c.columns, c.before, c.after
    from pipeline_console.setting_changes('stages', 5) c
    left join (select c.operator as email from pipeline_console.setting_changes('stages', 1) c
               where c.operator like 'operator-%') o on true
    where c.row_key = 'console_settings' and c.before is not null$$,
  $$values (true, 'console_settings', array['backoff_base_seconds', 'backoff_cap_seconds'],
    '{"backoff_base_seconds": 2, "backoff_cap_seconds": 300}'::jsonb,
    '{"backoff_base_seconds": 1000, "backoff_cap_seconds": 2000}'::jsonb)$$,
  'shows the latest changes, and who made them');

reset role;
select is((select max_pages from pipeline_internal.limits), 300, 'changed the limit once');
select is((select days from pipeline_internal.retention where category = 'worker_runs'), 5.5::real,
  'changed retention');
select is(
  (select allowed_mime_types @> '{text/markdown}' from storage.buckets where id = 'files'), true,
  'allows the types in Storage too');
select is_empty(
  $$select from pipeline_internal.audit_log a, operator o
    where a.action = 'setting_changed' and a.happened_at >= now() and a.operator_id is distinct from o.user_id
      and a.details -> 'row' ->> 'stage' is distinct from 'console_settings'$$,
  'names the operator in every audit entry');

select * from finish();
rollback;
