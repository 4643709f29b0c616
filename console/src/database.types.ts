// Written by npm run generate from a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** The operators' functions: the schema pipeline_console. */
export interface Functions {
  alert_rules: {
    Args: Record<never, never>;
    Returns: {
      rule: string;
      severity: string;
      summary: string;
      threshold: number;
      for_seconds: number;
      keep_firing_seconds: number;
      is_enabled: boolean;
      last_error: string | null;
      is_open: boolean;
      opened_30d: number;
      last_opened_at: string | null;
      highest_value: number | null;
    }[];
  };
  alert_summary: {
    Args: Record<never, never>;
    Returns: {
      critical_count: number;
      warning_count: number;
      evaluated_at: string | null;
      read_at: string;
      disabled_rules: string[];
      broken_rules: string[];
    }[];
  };
  alerts: {
    Args: {
      p_is_open?: boolean | null;
      p_rule?: string | null;
      p_severity?: string | null;
      p_before_at?: string | null;
      p_before_id?: string | null;
      p_limit?: number;
    };
    Returns: {
      alert_id: string;
      rule: string;
      subject: string;
      severity: string;
      summary: string;
      threshold: number;
      value: number;
      worst_value: number;
      current_value: number | null;
      opened_at: string;
      closed_at: string | null;
    }[];
  };
  audit_entries: {
    Args: {
      p_action?: string | null;
      p_actor?: string | null;
      p_user_id?: string | null;
      p_operator_id?: string | null;
      p_subject_id?: string | null;
      p_from?: string | null;
      p_to?: string | null;
      p_before_at?: string | null;
      p_before_no?: number | null;
      p_limit?: number;
    };
    Returns: {
      audit_no: number;
      happened_at: string;
      action: string;
      actor: string;
      database_role: string | null;
      operator_id: string | null;
      operator_email: string | null;
      user_id: string | null;
      subject_id: string | null;
      request_id: string | null;
      network: string | null;
      email_digest: string | null;
      details: Json;
      account_gone_at: string | null;
    }[];
  };
  audit_filters: { Args: Record<never, never>; Returns: { actors: string[]; actions: string[]; operators: Json }[] };
  budget: {
    Args: Record<never, never>;
    Returns: {
      month: string;
      resets_at: string;
      budget_cents: number | null;
      spent_cents: number;
      reserved_cents: number;
      budget_cents_per_user: number | null;
    }[];
  };
  callback_hours: {
    Args: { p_hours?: number };
    Returns: { since: string; submitted_count: number; delivery_count: number; refused_count: number }[];
  };
  callback_refusals: {
    Args: Record<never, never>;
    Returns: { reason: string; refused_count: number; network_count: number; last_at: string }[];
  };
  callback_summary: {
    Args: Record<never, never>;
    Returns: {
      last_delivery_at: string | null;
      deliveries_24h: number;
      refused_24h: number;
      submitted_1h: number;
      awaited_1h: number;
      missing_1h: number;
      late_1h: number;
      p50_seconds: number | null;
      p95_seconds: number | null;
    }[];
  };
  callbacks: {
    Args: { p_state?: string | null; p_before_at?: string | null; p_before_id?: string | null; p_limit?: number };
    Returns: {
      submission_id: string;
      job_id: string;
      document_id: string;
      submitted_at: string;
      finished_at: string | null;
      outcome: string | null;
      poll_count: number;
      state: string;
      event_type: string | null;
      received_at: string | null;
      seconds: number | null;
    }[];
  };
  change_alert_rule: {
    Args: { p_rule: string; p_threshold?: number | null; p_is_enabled?: boolean | null };
    Returns: null;
  };
  change_settings: { Args: { p_setting: string; p_changes: Json; p_row?: string | null }; Returns: null };
  change_user_budget: {
    Args: { p_user_id: string; p_kind: string; p_version: string; p_monthly_cents?: number | null };
    Returns: null;
  };
  connections: {
    Args: Record<never, never>;
    Returns: { role: string; connection_count: number; used_count: number; allowed_count: number }[];
  };
  cost_days: {
    Args: { p_days?: number };
    Returns: { day: string; purpose: string; model: string; quantity: number; credits: number | null; cents: number }[];
  };
  cost_documents: {
    Args: {
      p_user_id?: string | null;
      p_days?: number;
      p_before_cents?: number | null;
      p_before_id?: string | null;
      p_limit?: number;
    };
    Returns: {
      document_id: string;
      user_id: string;
      filename: string;
      page_count: number | null;
      cents: number;
      charge_count: number;
      last_day: string;
    }[];
  };
  cost_expectation: {
    Args: { p_count?: number };
    Returns: {
      document_count: number;
      by_size_cents: number;
      by_pages_cents: number;
      charged_cents: number;
      bytes_per_page: number | null;
      expected_bytes_per_page: number;
    }[];
  };
  cost_users: {
    Args: { p_month?: string | null; p_before_cents?: number | null; p_before_id?: string | null; p_limit?: number };
    Returns: { user_id: string; cents: number; pages: number; tokens: number; budget_cents: number | null }[];
  };
  database_calls: {
    Args: Record<never, never>;
    Returns: {
      waiting_count: number;
      oldest_waiting_seconds: number | null;
      answered_count: number;
      refused_count: number;
      unanswered_count: number;
      last_answer_at: string | null;
    }[];
  };
  document: {
    Args: { p_id: string };
    Returns: {
      document_id: string;
      job_id: string;
      user_id: string;
      filename: string;
      filename_full: string | null;
      mime: string;
      bytes_len: number;
      page_count: number | null;
      chunk_count: number;
      language: string | null;
      ocr: boolean;
      status: string;
      state: string;
      stage: string | null;
      code: string | null;
      message: string | null;
      reference: string | null;
      attempt_count: number;
      max_attempts: number | null;
      retry_count: number;
      lost_count: number;
      is_isolated: boolean;
      request_id: string | null;
      created_at: string;
      updated_at: string;
      finished_at: string | null;
      reason: string;
      mended_by: string | null;
      next_step_at: string | null;
      queue_position: number | null;
      remedy: string | null;
      sentence: string;
      read_at: string;
    }[];
  };
  document_costs: {
    Args: { p_document_id: string };
    Returns: {
      day: string;
      purpose: string;
      model: string;
      quantity: number;
      credits: number | null;
      cost_cents: number;
    }[];
  };
  document_count: {
    Args: {
      p_status?: string | null;
      p_state?: string | null;
      p_code?: string | null;
      p_warning?: string | null;
      p_user_id?: string | null;
      p_name?: string | null;
      p_created_from?: string | null;
      p_created_until?: string | null;
      p_updated_from?: string | null;
      p_updated_until?: string | null;
    };
    Returns: { document_count: number; has_more: boolean }[];
  };
  document_history: {
    Args: { p_document_id: string };
    Returns: {
      at: string;
      kind: string;
      what: string;
      stage: string | null;
      attempt: number | null;
      code: string | null;
      detail: string | null;
      request_id: string | null;
      run_id: string | null;
      id: string | null;
      until: string | null;
    }[];
  };
  document_warnings: {
    Args: { p_document_id: string };
    Returns: { code: string; message: string; pages: number[]; remedy: string }[];
  };
  documents: {
    Args: {
      p_status?: string | null;
      p_state?: string | null;
      p_code?: string | null;
      p_warning?: string | null;
      p_user_id?: string | null;
      p_name?: string | null;
      p_created_from?: string | null;
      p_created_until?: string | null;
      p_updated_from?: string | null;
      p_updated_until?: string | null;
      p_before?: string | null;
      p_before_id?: string | null;
      p_limit?: number;
    };
    Returns: {
      document_id: string;
      user_id: string;
      filename: string;
      bytes_len: number;
      page_count: number | null;
      status: string;
      state: string;
      stage: string | null;
      is_user_queued: boolean;
      waiting_for: string | null;
      code: string | null;
      warning_codes: string[];
      retry_count: number;
      created_at: string;
      updated_at: string;
    }[];
  };
  enable_endpoint: { Args: { p_endpoint: string; p_is_enabled: boolean }; Returns: null };
  endpoints: {
    Args: Record<never, never>;
    Returns: {
      name: string;
      host: string;
      format: string;
      events: string[];
      is_enabled: boolean;
      created_at: string;
      previous_secret_until: string | null;
      waiting_count: number;
      given_up_count: number;
      next_attempt_at: string | null;
      last_delivered_at: string | null;
      last_error: string | null;
    }[];
  };
  failed_database_calls: {
    Args: Record<never, never>;
    Returns: {
      call_id: number;
      answered_at: string;
      status_code: number | null;
      timed_out: boolean | null;
      message: string;
    }[];
  };
  failures: {
    Args: { p_code?: string | null; p_user_id?: string | null; p_from?: string | null; p_until?: string | null };
    Returns: {
      code: string;
      error_class: string;
      mended_by: string;
      remedy: string;
      document_count: number;
      user_count: number;
      oldest_at: string;
      newest_at: string;
      stages: string[];
      example_document_id: string;
      example_message: string;
    }[];
  };
  find_user: { Args: { p_user: string }; Returns: string | null };
  notifications: {
    Args: {
      p_endpoint?: string | null;
      p_type?: string | null;
      p_outcome?: string | null;
      p_before_no?: number | null;
      p_limit?: number;
    };
    Returns: {
      delivery_no: number;
      message_id: string;
      endpoint: string;
      is_endpoint_enabled: boolean;
      type: string;
      outcome: string;
      created_at: string;
      attempt_count: number;
      next_attempt_at: string | null;
      delivered_at: string | null;
      given_up_at: string | null;
      last_status: number | null;
      last_error: string | null;
      document_id: string | null;
    }[];
  };
  overview: {
    Args: Record<never, never>;
    Returns: {
      active_count: number;
      user_queued_count: number;
      awaiting_count: number;
      dead_letter_count: number;
      oldest_document_id: string | null;
      oldest_filename: string | null;
      oldest_status: string | null;
      oldest_since: string | null;
      cost_today_cents: number;
      cost_month_cents: number;
      budget_month_cents: number | null;
      counted_to: number;
    }[];
  };
  overview_history: {
    Args: { p_range?: string };
    Returns: {
      stage: string;
      since: string;
      step_seconds: number;
      transition_counts: number[];
      p50_seconds: (number | null)[];
      p95_seconds: (number | null)[];
      failed_counts: number[];
      registered_counts: number[];
      message_counts: (number | null)[];
      oldest_due_seconds: (number | null)[];
    }[];
  };
  overview_problems: {
    Args: Record<never, never>;
    Returns: { kind: string; subject: string; severity: string; since: string | null; summary: string }[];
  };
  overview_stages: {
    Args: Record<never, never>;
    Returns: {
      stage: string;
      message_count: number;
      due_count: number;
      working_count: number;
      oldest_due_seconds: number;
      running_count: number;
      max_invocations: number;
      is_circuit_open: boolean;
      paused_at: string | null;
      transition_count: number;
      p50_seconds: number | null;
      p95_seconds: number | null;
    }[];
  };
  pause_stage: { Args: { p_stage: string; p_reason: string }; Returns: null };
  prices: {
    Args: Record<never, never>;
    Returns: {
      unit: string;
      model: string;
      cents: number;
      credits: number | null;
      is_expected: boolean;
      source: string;
    }[];
  };
  probe_provider: { Args: { p_provider: string }; Returns: number };
  providers: {
    Args: Record<never, never>;
    Returns: {
      provider: string;
      circuit: string;
      opened_at: string | null;
      probe_at: string | null;
      fault: string | null;
      fault_count: number;
      failure_count: number;
      code: string | null;
      message: string | null;
      requests_per_minute: number;
      request_burst: number;
      request_level: number;
      tokens_per_minute: number;
      token_burst: number;
      token_level: number;
      stages: string[];
      paused_stages: string[];
      due_count: number;
      postponed_count: number;
      read_at: string;
    }[];
  };
  pulse: { Args: Record<never, never>; Returns: string };
  redrive: {
    Args: {
      p_code?: string | null;
      p_user_id?: string | null;
      p_from?: string | null;
      p_until?: string | null;
      p_document_id?: string | null;
      p_selection?: string | null;
      p_dry_run?: boolean;
    };
    Returns: {
      document_count: number;
      page_count: number;
      documents_of_unknown_length: number;
      token_count: number;
      cost_cents: number;
      redriven_count: number;
      selection: string;
      asked_at: string;
    }[];
  };
  resend_notification: { Args: { p_delivery_no: number }; Returns: boolean };
  resend_notifications: {
    Args: { p_endpoint: string; p_dry_run?: boolean };
    Returns: { given_up_count: number; waiting_count: number }[];
  };
  resume_stage: { Args: { p_stage: string }; Returns: null };
  retry_document: { Args: { p_document_id: string }; Returns: string };
  retry_waiting: {
    Args: {
      p_code?: string | null;
      p_user_id?: string | null;
      p_from?: string | null;
      p_until?: string | null;
      p_dry_run?: boolean;
    };
    Returns: { document_count: number; retried_count: number; asked_at: string }[];
  };
  schedules: {
    Args: Record<never, never>;
    Returns: {
      schedule: string;
      timing: string;
      is_active: boolean;
      is_running: boolean;
      last_started_at: string | null;
      last_success_at: string | null;
      last_seconds: number | null;
      p95_seconds_1h: number | null;
      runs_1h: number;
      failures_1h: number;
      last_failure: string | null;
      last_failure_at: string | null;
      read_at: string;
    }[];
  };
  set_price: {
    Args: { p_unit: string; p_model: string; p_cents: number; p_source: string; p_credits?: number | null };
    Returns: null;
  };
  setting_changes: {
    Args: { p_setting: string; p_limit?: number };
    Returns: {
      happened_at: string;
      operator: string | null;
      row_key: string | null;
      columns: string[];
      before: Json | null;
      after: Json | null;
    }[];
  };
  settings: {
    Args: { p_setting: string };
    Returns: {
      row_key: string;
      column_name: string;
      type: string;
      value: Json;
      default_value: Json | null;
      description: string | null;
      rules: string[];
      choices: string[] | null;
      is_editable: boolean;
      is_nullable: boolean;
      version: string;
    }[];
  };
  stage_errors: {
    Args: { p_time_window?: string };
    Returns: { stage: string; type: string; code: string | null; event_count: number; last_at: string }[];
  };
  stage_runs: {
    Args: Record<never, never>;
    Returns: {
      stage: string;
      ending: string;
      run_count: number;
      settled_count: number;
      average_start_seconds: number | null;
    }[];
  };
  stages: {
    Args: { p_time_window?: string };
    Returns: {
      stage: string;
      position: number;
      provider: string | null;
      next_stage: string | null;
      is_circuit_open: boolean;
      paused_at: string | null;
      paused_because: string | null;
      due_count: number;
      working_count: number;
      postponed_count: number;
      oldest_due_seconds: number;
      running_count: number;
      max_invocations: number;
      slots: number;
      batch: number;
      lease_seconds: number;
      max_attempts: number;
      transition_count: number | null;
      per_minute: number | null;
      p50_seconds: number | null;
      p95_seconds: number | null;
    }[];
  };
  support_users: {
    Args: { p_limit?: number };
    Returns: { user_id: string; email: string | null; granted_at: string; until: string; documents: number }[];
  };
  tables: {
    Args: Record<never, never>;
    Returns: {
      table_name: string;
      table_bytes: number;
      index_bytes: number;
      estimated_rows: number;
      dead_rows: number | null;
      vacuum_threshold: number;
      bloat_bytes: number | null;
      last_vacuum_at: string | null;
      last_autovacuum_at: string | null;
      last_analyze_at: string | null;
      age_transactions: number;
    }[];
  };
  try_search: {
    Args: {
      p_user_id: string;
      p_question: string;
      p_question_key?: string | null;
      p_mode?: string;
      p_k?: number;
      p_document_ids?: string[] | null;
      p_min_score?: number | null;
      p_min_similarity?: number | null;
      p_max_per_document?: number | null;
      p_weight_words?: number | null;
      p_weight_meaning?: number | null;
      p_language?: string | null;
      p_explain_chunk_id?: string | null;
    };
    Returns: Json;
  };
  user_budgets: {
    Args: { p_user?: string | null; p_after?: string | null; p_limit?: number };
    Returns: {
      user_id: string;
      kind: string;
      monthly_cents: number | null;
      spent_cents: number;
      reserved_cents: number;
      version: string;
    }[];
  };
  vacuum_blockers: {
    Args: Record<never, never>;
    Returns: {
      kind: string;
      name: string;
      role: string | null;
      state: string | null;
      since: string | null;
      age_transactions: number | null;
      retained_bytes: number | null;
      remedy: string;
      read_at: string;
    }[];
  };
  waiting: {
    Args: { p_code?: string | null; p_user_id?: string | null; p_from?: string | null; p_until?: string | null };
    Returns: {
      code: string;
      document_count: number;
      user_count: number;
      next_at: string;
      last_at: string;
      stages: string[];
      example_document_id: string;
      example_message: string;
    }[];
  };
}
