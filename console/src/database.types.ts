// Written by npm run generate from a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** The operators' functions: the schema pipeline_console. */
export interface Functions {
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
      p50_seconds: number[];
      p95_seconds: number[];
      failed_counts: number[];
      registered_counts: number[];
      message_counts: number[];
      oldest_due_seconds: number[];
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
  pulse: { Args: Record<never, never>; Returns: string };
}
