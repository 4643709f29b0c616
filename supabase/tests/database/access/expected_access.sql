-- The expected access rights, in one place. The tests beside this file fail on any difference to the catalogue. Add a
-- line here for each new table, view, function or policy; the lines follow the migrations.

create table if not exists tests.expected_relations (
  -- `pgmq.*` stands for all other relations of a schema that is not ours.
  relation text primary key,
  -- What each role may do, and on which rows: own, all, or none (the query succeeds but finds nothing). Anything else
  -- is denied.
  anon text not null,
  owner text not null,
  other_user text not null,
  service_role text not null
);
create table if not exists tests.expected_functions (
  function text primary key,
  callers text not null
);
create table if not exists tests.expected_policies (
  policy text primary key
);
truncate tests.expected_relations, tests.expected_functions, tests.expected_policies;

insert into tests.expected_relations (relation, anon, owner, other_user, service_role) values
  ('upload_pipeline.statuses',        '',            'select all',                          'select all',
    'select all'),
  ('upload_pipeline.documents',       '',            'select own',                          'select none',
    'select all'),
  ('upload_pipeline.upload_jobs',     '',            'select own',                          'select none',
    'select all'),
  ('upload_pipeline.document_chunks', '',            'select own',                          'select none',
    'select all'),
  ('upload_pipeline.events',          '',            'select own',                          'select none',
    'select all'),
  ('upload_pipeline.live_events',     '',            'select own',                          'select none',
    'select all'),
  ('upload_pipeline.document_status', '',            'select own',                          'select none',
    'select all'),
  -- Storage grants everything and relies on policies. Only the pipeline deletes files.
  ('storage.objects',
   'select none, insert none, update none, delete none',
   'select own, insert own, update own, delete none',
   'select none, insert none, update none, delete none',
   'select all, insert all, update all, delete all'),
  ('storage.buckets',
   'select none, insert none, update none, delete none',
   'select none, insert none, update none, delete none',
   'select none, insert none, update none, delete none',
   'select all, insert all, update all, delete all'),
  -- The platform's own tables: the secret key may read secrets.
  ('vault.secrets',                   '',            '',                                    '',
    'select all, delete all'),
  ('vault.decrypted_secrets',         '',            '',                                    '',
    'select all, delete all'),
  ('vault.*',                         '',            '',                                    '',
    ''),
  ('pgmq.*',                          '',            '',                                    '',
    ''),
  ('cron.*',                          '',            '',                                    '',
    ''),
  -- pg_net grants its tables to all roles, and only the superuser could revoke that; its schema is not exposed to the
  -- Data API. See docs/threat-model.md for what a database login can do with them.
  ('net.*',
   'select all, insert all, update all, delete all',
   'select all, insert all, update all, delete all',
   'select all, insert all, update all, delete all',
   'select all, insert all, update all, delete all');

-- No role of a request may use the engine's schema, not even the secret key.
insert into tests.expected_relations (relation, anon, owner, other_user, service_role)
select 'pipeline_internal.' || name, '', '', '', '' from unnest(array[
  -- vocabulary
  'transitions', 'stages', 'limits',
  -- providers
  'providers',
  -- wake
  'worker_runs', 'live_runs',
  -- chunks
  'pending_chunks', 'pending_vectors',
  -- parsing
  'submissions', 'deliveries',
  -- uploads
  'file_types', 'file_cleanups',
  -- question vectors
  'question_vectors',
  -- rate limits
  'rate_limits', 'idempotency_keys',
  -- documents and jobs api
  'parse_cancellations',
  -- audit
  'audit_log', 'consents', 'pending_sign_ins', 'support_access',
  -- costs
  'prices', 'charges', 'daily_costs', 'user_costs',
  -- budgets
  'user_budgets', 'reservations',
  -- live
  'live_moves',
  -- notifications
  'endpoints', 'outbox',
  -- alerts
  'metric_snapshots', 'alert_rules', 'alert_states', 'alerts',
  -- maintenance
  'retention',
  -- counters
  'counters', 'stage_transitions', 'deleted_events', 'roll_up', 'countable_events', 'history',
  -- monitoring
  'time_windows', 'failure_remedies'
]) name;

insert into tests.expected_functions (function, callers) values
  ('upload_pipeline.search_chunks', 'authenticated, service_role'),
  ('upload_pipeline.fold_name', 'authenticated, service_role'),
  ('upload_pipeline.allow_support_access', 'authenticated'),
  ('upload_pipeline.withdraw_support_access', 'authenticated'),
  ('upload_pipeline.support_access', 'authenticated'),
  ('vault.create_secret', 'service_role'),
  ('vault.update_secret', 'service_role'),
  ('vault._crypto_aead_det_decrypt', 'service_role'),
  ('vault.*', ''),
  ('pgmq.*', ''),
  ('cron.*', ''),
  -- pg_net grants its functions to all roles; its schema is not exposed to the Data API, and no function of ours runs a
  -- user's SQL.
  ('net.*', 'anon, authenticated, service_role');

insert into tests.expected_functions (function, callers) values
  ('pipeline_access.caller_id', 'authenticated, service_role'),
  ('pipeline_access.require_console_role', '');

-- The console: every function refuses callers without the role that it needs. A test calls each of them.
insert into tests.expected_functions (function, callers)
select 'pipeline_console.' || name, 'authenticated'
from unnest(array[
  -- console
  'pulse',
  -- console documents
  'documents', 'document_count', 'find_user', 'document', 'document_history', 'document_warnings', 'document_costs',
  'failures', 'waiting', 'redrive', 'retry_document', 'retry_waiting',
  -- console engine
  'stages', 'stage_errors', 'stage_runs', 'pause_stage', 'resume_stage', 'providers', 'probe_provider', 'schedules',
  'database_calls', 'failed_database_calls', 'tables', 'vacuum_blockers', 'connections',
  -- console limits
  'settings', 'change_settings', 'setting_changes', 'user_budgets', 'change_user_budget',
  -- console webhooks
  'callback_summary', 'callback_hours', 'callback_refusals', 'callbacks', 'endpoints', 'notifications',
  'resend_notification', 'resend_notifications', 'enable_endpoint',
  -- console alerts
  'alert_summary', 'alerts', 'alert_rules', 'change_alert_rule',
  -- console costs
  'cost_days', 'budget', 'cost_users', 'cost_documents', 'cost_expectation', 'prices', 'set_price',
  -- console audit
  'audit_entries', 'audit_filters',
  -- console overview
  'overview', 'overview_problems', 'overview_stages', 'overview_history',
  -- console playground
  'try_search', 'support_users']) name;

-- The functions that turn text into words are not confidential.
insert into tests.expected_functions (function, callers)
select 'pipeline_words.' || name, 'authenticated, service_role'
from unnest(array[
  'normal', 'base_letters', 'unaccented', 'config', 'unspaced', 'bigrams', 'ideographs', 'parts', 'stems', 'vector',
    'owner_tag', 'keys']) name;

-- Nor are the functions of a search; those that use the word index read only rows of auth.uid().
insert into tests.expected_functions (function, callers)
select 'pipeline_search.' || name, 'authenticated, service_role'
from unnest(array[
  'quoted', 'all_of', 'phrase_pattern', 'phrases', 'words', 'term', 'bigram_term', 'without_line_breaks', 'literal',
    'has_literal', 'phrase_term', 'with_proximity', 'detect_config', 'parse_query',
  'nearest', 'rerank_nearest', 'max_hamming_distance', 'approximate_nearest', 'content_weight', 'weigh_terms',
    'match_words', 'match_positions', 'match_positions_by_word', 'highlights', 'meaning_score', 'detect_language',
      'candidates', 'highlighted_terms', 'hit',
  'explanation', 'explain_chunk', 'require_caller_account', 'search']) name;
-- It runs with the rights of its owner, the role of users.
insert into tests.expected_functions (function, callers) values ('pipeline_search.timed_search', 'authenticated');
insert into tests.expected_functions (function, callers)
select 'pipeline_search.' || name, '' from unnest(array['similar_words', 'surface_form', 'matching_chunks']) name;

insert into tests.expected_functions (function, callers)
select 'pipeline_internal.' || name, '' from unnest(array[
  -- access
  'require_account', 'on_file_limits_changed',
  -- documents
  'record_move', 'record_first_status', 'forbid_change',
  -- chunks
  'document_id', 'chunk_id', 'embedded_text', 'headings', 'search_text',
  -- providers
  'refilled', 'may_claim', 'lock_capacity', 'consume_tokens', 'reserve', 'provider_succeeded', 'provider_failed',
  'outage_pause',
  -- queues
  'send_messages', 'read_messages', 'lock_messages', 'postpone_messages', 'delete_messages', 'due_message',
  'enqueue', 'requeue', 'begin_attempts', 'claim', 'try_claim', 'resolve_unclaimable', 'extend_leases', 'lock_attempts',
  -- wake
  'stage_lock', 'wake_token', 'call_worker', 'wake', 'begin_run', 'start_run', 'has_work', 'end_run',
  'pause_stage', 'resume_stage',
  -- user queues
  'lock_user_queue', 'stages_behind_open_circuit', 'free_user_slots', 'admit', 'advance_user_queues',
  -- settlement
  'record_error', 'postpone', 'keep_complete', 'reject', 'retry', 'pause', 'retry_or_wait_out', 'apply_settlement',
    'settle',
  'complete_jobs', 'leave_stage', 'continue_inline', 'advance_user_queues_of', 'settle_and_continue', 'complete_stage',
  'redrive_job', 'redrive_all', 'selection_digest', 'probe_provider',
  -- lost attempts
  'database_started_at', 'isolation_hiding', 'lose_attempt', 'due_suspects', 'has_due_suspect', 'lock_isolation',
  'is_isolation_taken', 'wake_isolation', 'begin_isolated_run', 'claim_isolated', 'end_isolated_run',
  -- parsing
  'unread_pages', 'keep_original', 'accept_original', 'begin_submission', 'complete_parse', 'current_submission',
    'close_submission', 'poll_later',
  'resubmit', 'record_warnings', 'complete_fetch_result', 'skip_parser', 'reparse_pages', 'receive_delivery',
  -- chunking
  'keep_chunks', 'store_chunks', 'complete_chunk', 'unembedded_chunks', 'embedded_count', 'keep_vectors',
    'store_embeddings', 'complete_embed', 'rechunk',
  -- uploads
  'bucket_types', 'file_extension', 'allow_file_types', 'storage_usage', 'register_upload', 'expire_uploads',
    'start_processing',
  'on_object_stored',
  -- question vectors
  'question_vector', 'store_question_vector',
  -- views
  'health_summary',
  -- rate limits
  'consume_rate_limit', 'consume_paid_request', 'consume_pages', 'consume_request', 'consume_attempt', 'claim_expiry',
    'claim_key', 'extend_key', 'store_answer', 'release_key', 'purge_rate_limits',
  -- documents and jobs api
  'document_status_for', 'has_due_cleanup', 'begin_cancellations', 'parsed_path', 'document_of_path', 'lock_files',
    'new_original_path', 'on_document_created',
  'on_document_deleted', 'call_cleanup', 'awaits_original', 'remove_late_upload', 'remove_if_orphaned',
    'remove_orphans', 'delete_document', 'is_final', 'retry_job',
  -- reparse
  'reparse_document',
  -- queues
  'create_queues',
  -- schedules
  'has_pending_call', 'sweep', 'reconcile',
  -- audit
  'audit_log_least_days', 'is_older', 'enforce_audit_log_retention', 'record_audit_entry', 'record_failed_sign_in',
    'redrive', 'refuse_delivery', 'webhook_summary',
  -- accounts
  'lock_sign_ins', 'begin_sign_in', 'end_sign_in', 'password_verification_attempt', 'record_consent', 'record_sign_up',
    'lacks_consent', 'on_password_changed', 'password_trusted_from', 'required_proof', 'messages_of',
      'end_work_of_account', 'on_account_deleted', 'allows_support', 'require_caller',
  -- costs
  'price', 'lock_user_if_exists', 'correct_counted_pages', 'record_charges', 'record_search', 'job_costs',
    'expected_cents', 'embedding_cents', 'on_documents_deleted',
  'on_user_deleted', 'compact_charges', 'add_to_costs', 'on_charges_added', 'on_charges_changed', 'on_charges_removed',
  -- budgets
  'budget_of', 'budget_month', 'spent_cents', 'committed_cents', 'expected_pages', 'document_cents', 'reserve_costs',
    'exceeded_budget',
  'budget_summary',
  -- notifications
  'endpoint_secret_name', 'endpoint_secret', 'previous_endpoint_secret', 'new_endpoint_secret', 'add_endpoint',
    'rotate_endpoint_secret',
  'purge_replaced_secrets', 'remove_endpoint', 'has_due_notifications', 'envelope', 'notify', 'begin_notifications',
  'withdraw_notifications', 'end_notification', 'resend', 'resend_notification', 'notification_types',
  'on_document_ended', 'notify_audit_entry',
    'notify_document_deleted',
  -- alerts
  'take_metric_snapshot', 'metric_snapshot', 'metric_delta', 'metric_quantile', 'evaluate_rule', 'notify_alert',
    'evaluate_alerts',
  -- maintenance
  'purge',
  -- statistics
  'refresh_statistics',
  -- counters
  'add_to_counters', 'count_events', 'count_requests', 'duration_bound', 'duration_bounds', 'compact_stage_transitions',
  'save_uncounted_events', 'stage_transitions_between', 'roll_up_events', 'error_class',
  'record_history', 'record_queue_history',
  -- metrics
  'histogram_samples', 'metric_samples',
  -- restore
  'begin_restore', 'finish_restore', 'is_restoring', 'end_restore',
  -- live
  'note_move', 'live_payload', 'broadcast_messages', 'send_move', 'send_moves', 'open_live_topics',
  'live_report', 'forget_live_events',
  -- settings audit
  'record_setting_change',
  -- export
  'exported_tables', 'exported_rows',
  -- console
  'console_role', 'set_console_role', 'record_console_act', 'open_to_console', 'retry_all',
  -- console limits
  'setting_key', 'setting_columns', 'setting_rules', 'setting_value_fault', 'setting_faults', 'refuse_settings',
  'allow_mime_types', 'user_budget_version',
  -- console webhooks, audit
  'endpoint_host', 'audit_kinds', 'audit_page'
]) name;

insert into tests.expected_policies (policy) values
  ('upload_pipeline.statuses: select to authenticated'),
  ('upload_pipeline.documents: select to authenticated'),
  ('upload_pipeline.upload_jobs: select to authenticated'),
  ('upload_pipeline.document_chunks: select to authenticated'),
  ('upload_pipeline.events: select to authenticated'),
  ('upload_pipeline.live_events: select to authenticated'),
  ('storage.objects: select to authenticated'),
  ('storage.objects: insert to authenticated'),
  ('storage.objects: update to authenticated');
