// Written by npm run generate from a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** The operators' functions: the schema pipeline_console. */
export interface Functions {
  change_settings: { Args: { p_setting: string; p_changes: Json; p_row?: string | null }; Returns: null };
  change_user_budget: {
    Args: { p_user_id: string; p_kind: string; p_version: string; p_monthly_cents?: number | null };
    Returns: null;
  };
  connections: {
    Args: Record<never, never>;
    Returns: { role: string; connection_count: number; used_count: number; allowed_count: number }[];
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
  failed_database_calls: {
    Args: Record<never, never>;
    Returns: { answered_at: string; status_code: number | null; timed_out: boolean | null; message: string }[];
  };
  pause_stage: { Args: { p_stage: string; p_reason: string }; Returns: null };
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
  resume_stage: { Args: { p_stage: string }; Returns: null };
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
}
