// Written by npm run generate from the catalogue of a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/**
 * What a value becomes on its way to TypeScript, where that depends on the way.
 */
interface Wire {
  bigint: unknown;
  numeric: unknown;
  time: unknown;
  bytes: unknown;
  /** Composites, and arrays that are not of the types in array_types.ts. */
  other: unknown;
}

/** As PostgREST answers: JSON. */
interface OverHttp extends Wire {
  bigint: number;
  numeric: number;
  time: string;
  bytes: string;
  other: Json;
}

/** As our driver answers. */
interface OverPostgres extends Wire {
  bigint: string;
  numeric: string;
  time: Date;
  bytes: Uint8Array;
  other: string;
}

/** As supabase-js takes it: `createClient<Database>(…)`. */
export type Database = Schemas<OverHttp>;

type Stored = Schemas<OverPostgres>;
type Rows<S extends keyof Stored> = Stored[S]["Tables"] & Stored[S]["Views"];

/** A row of a table or view, as a query of ours answers it. */
export type Row<S extends keyof Stored, R extends keyof Rows<S>> = Rows<S>[R] extends { Row: infer T } ? T : never;

/** What a function answers a query of ours: for one that answers rows, one of them. */
export type Result<S extends keyof Stored, F extends keyof Stored[S]["Functions"]> = Stored[S]["Functions"][F] extends
  { Returns: infer T } ? T extends (infer R extends object)[] ? R : T : never;

export interface Schemas<W extends Wire> {
  upload_pipeline: {
    Tables: {
      document_chunks: {
        Row: {
          chunk_id: string;
          document_id: string;
          user_id: string;
          chunker_name: string;
          chunker_version: string;
          chunk_ord: number;
          page_from: number | null;
          page_to: number | null;
          page_offsets: number[];
          heading_path: string[];
          text: string;
          context: string;
          chunk_sha: string;
          token_count: number;
          embed_model: string;
          embedding: string;
          embedding_signs: string | null;
          embedded_at: W["time"];
          search_text: string;
          created_at: W["time"];
        };
        Insert: {
          chunk_id: string;
          document_id: string;
          user_id: string;
          chunker_name: string;
          chunker_version: string;
          chunk_ord: number;
          page_from?: number | null;
          page_to?: number | null;
          page_offsets?: number[];
          heading_path?: string[];
          text: string;
          context?: string;
          chunk_sha: string;
          token_count: number;
          embed_model: string;
          embedding: string;
          embedding_signs?: never;
          embedded_at: W["time"];
          search_text: string;
          created_at?: W["time"];
        };
        Update: Partial<Schemas<W>["upload_pipeline"]["Tables"]["document_chunks"]["Insert"]>;
        Relationships: [
          {
            foreignKeyName: "document_chunks_document_id_user_id_fkey";
            columns: ["document_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "documents";
            referencedColumns: ["document_id", "user_id"];
          },
        ];
      };
      documents: {
        Row: {
          document_id: string;
          user_id: string;
          filename: string;
          filename_full: string | null;
          mime: string;
          bytes_len: W["bigint"];
          file_sha256: string;
          raw_path: string;
          original_path: string;
          verified_at: W["time"] | null;
          parsed_path: string | null;
          parsed_sha256: string | null;
          page_count: number | null;
          page_starts: number[] | null;
          chunk_count: number;
          title: string | null;
          language: string | null;
          warnings: Json;
          created_at: W["time"];
          updated_at: W["time"];
          policy_id: string | null;
        };
        Insert: {
          document_id: string;
          user_id: string;
          filename: string;
          filename_full?: string | null;
          mime: string;
          bytes_len: W["bigint"];
          file_sha256: string;
          raw_path: string;
          original_path: string;
          verified_at?: W["time"] | null;
          parsed_path?: string | null;
          parsed_sha256?: string | null;
          page_count?: number | null;
          page_starts?: number[] | null;
          chunk_count?: number;
          title?: string | null;
          language?: string | null;
          warnings?: Json;
          created_at?: W["time"];
          updated_at?: W["time"];
          policy_id?: string | null;
        };
        Update: Partial<Schemas<W>["upload_pipeline"]["Tables"]["documents"]["Insert"]>;
        Relationships: [];
      };
      events: {
        Row: {
          event_no: W["bigint"];
          event_id: string;
          document_id: string;
          job_id: string;
          user_id: string;
          type: string;
          status: string;
          stage: string | null;
          code: string | null;
          message: string | null;
          attempt: number | null;
          correlation_id: string | null;
          run_id: string | null;
          claimed_at: W["time"] | null;
          created_at: W["time"];
        };
        Insert: {
          event_no?: never;
          event_id?: string;
          document_id: string;
          job_id: string;
          user_id: string;
          type: string;
          status: string;
          stage?: string | null;
          code?: string | null;
          message?: string | null;
          attempt?: number | null;
          correlation_id?: string | null;
          run_id?: string | null;
          claimed_at?: W["time"] | null;
          created_at?: W["time"];
        };
        Update: Partial<Schemas<W>["upload_pipeline"]["Tables"]["events"]["Insert"]>;
        Relationships: [
          {
            foreignKeyName: "events_document_id_user_id_fkey";
            columns: ["document_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "documents";
            referencedColumns: ["document_id", "user_id"];
          },
        ];
      };
      live_events: {
        Row: {
          user_id: string;
          event_no: W["bigint"];
          document_ids: string[];
          is_sent: boolean;
          created_at: W["time"];
        };
        Insert: {
          user_id: string;
          event_no: W["bigint"];
          document_ids: string[];
          is_sent?: boolean;
          created_at?: W["time"];
        };
        Update: Partial<Schemas<W>["upload_pipeline"]["Tables"]["live_events"]["Insert"]>;
        Relationships: [];
      };
      statuses: {
        Row: { status: string; stage_pct: number; total_pct: number; meaning: string };
        Insert: { status: string; stage_pct: number; total_pct: number; meaning: string };
        Update: Partial<Schemas<W>["upload_pipeline"]["Tables"]["statuses"]["Insert"]>;
        Relationships: [];
      };
      upload_jobs: {
        Row: {
          job_id: string;
          document_id: string;
          user_id: string;
          status: string;
          state: string;
          stage: string | null;
          message_id: W["bigint"] | null;
          user_queued_at: W["time"] | null;
          waiting_for: string | null;
          attempt_count: number;
          lost_count: number;
          unexplained_count: number;
          is_isolated: boolean;
          retry_count: number;
          next_attempt_at: W["time"] | null;
          last_error: Json | null;
          units_done: number;
          units_total: number;
          ocr: boolean;
          pages_to_read: number[] | null;
          is_page_reparse: boolean;
          resume: Json | null;
          correlation_id: string | null;
          run_id: string | null;
          upload_expires_at: W["time"] | null;
          counted_at: W["time"];
          claimed_at: W["time"] | null;
          finished_at: W["time"] | null;
          created_at: W["time"];
          updated_at: W["time"];
        };
        Insert: {
          job_id?: string;
          document_id: string;
          user_id: string;
          status?: string;
          state?: string;
          stage?: string | null;
          message_id?: W["bigint"] | null;
          user_queued_at?: W["time"] | null;
          waiting_for?: string | null;
          attempt_count?: number;
          lost_count?: number;
          unexplained_count?: number;
          is_isolated?: boolean;
          retry_count?: number;
          next_attempt_at?: W["time"] | null;
          last_error?: Json | null;
          units_done?: number;
          units_total?: number;
          ocr?: boolean;
          pages_to_read?: number[] | null;
          is_page_reparse?: boolean;
          resume?: Json | null;
          correlation_id?: string | null;
          run_id?: string | null;
          upload_expires_at?: W["time"] | null;
          counted_at?: W["time"];
          claimed_at?: W["time"] | null;
          finished_at?: W["time"] | null;
          created_at?: W["time"];
          updated_at?: W["time"];
        };
        Update: Partial<Schemas<W>["upload_pipeline"]["Tables"]["upload_jobs"]["Insert"]>;
        Relationships: [
          {
            foreignKeyName: "upload_jobs_document_id_user_id_fkey";
            columns: ["document_id", "user_id"];
            isOneToOne: true;
            referencedRelation: "documents";
            referencedColumns: ["document_id", "user_id"];
          },
        ];
      };
    };
    Views: {
      document_status: {
        Row: {
          document_id: string | null;
          user_id: string | null;
          filename: string | null;
          filename_full: string | null;
          policy_id: string | null;
          mime: string | null;
          bytes_len: W["bigint"] | null;
          job_id: string | null;
          status: string | null;
          state: string | null;
          stage_pct: number | null;
          total_pct: number | null;
          retry_count: number | null;
          next_attempt_at: W["time"] | null;
          waiting_for: string | null;
          queue_position: number | null;
          last_error: Json | null;
          warnings: Json | null;
          title: string | null;
          created_at: W["time"] | null;
          updated_at: W["time"] | null;
        };
        Relationships: [];
      };
    };
    Functions: {
      allow_support_access: { Args: { p_days: number }; Returns: W["time"] };
      consent: {
        Args: never;
        Returns: { consent_version: string; consented_at: W["time"]; required_version: string; is_missing: boolean }[];
      };
      fold_name: { Args: { p_name: string }; Returns: string };
      search_chunks: {
        Args: {
          query_embedding?: string;
          query_text?: string;
          match_count?: number;
          document_ids?: string[];
          mode?: string;
          min_score?: number;
          min_similarity?: number;
          expand?: number;
          max_per_document?: number;
          weight_words?: number;
          weight_meaning?: number;
          language?: string;
          after_score?: number;
          after_chunk_id?: string;
          explain?: boolean;
        };
        Returns: {
          chunk_id: string;
          document_id: string;
          filename: string;
          chunk_ord: number;
          page: number;
          page_from: number;
          page_to: number;
          heading_path: string[];
          content: string;
          highlights: Json;
          score: number;
          similarity: number;
          text_score: number;
          vector_rank: number;
          text_rank: number;
          duplicates: Json;
          neighbours: Json;
          explanation: Json;
        }[];
      };
      support_access: {
        Args: never;
        Returns: { granted_at: W["time"]; until: W["time"]; is_in_force: boolean; uses: Json }[];
      };
      withdraw_support_access: { Args: never; Returns: boolean };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
  pipeline_access: {
    Tables: { [_ in never]: never };
    Views: { [_ in never]: never };
    Functions: {
      caller_id: { Args: never; Returns: string };
      require_console_role: { Args: { p_role: string }; Returns: string };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
  pipeline_words: {
    Tables: { [_ in never]: never };
    Views: { [_ in never]: never };
    Functions: {
      base_letters: { Args: { p_text: string }; Returns: string };
      bigrams: { Args: { p_normal: string }; Returns: string[] };
      config: { Args: { p_language: string }; Returns: string };
      ideographs: { Args: { p_normal: string }; Returns: string[] };
      keys: { Args: { p_user_id: string; p_words: string }; Returns: string };
      normal: { Args: { p_text: string }; Returns: string };
      owner_tag: { Args: { p_user_id: string }; Returns: string };
      parts: { Args: { p_normal: string }; Returns: string };
      stems: { Args: { p_config: string; p_normal: string }; Returns: string };
      unaccented: { Args: { p_text: string }; Returns: string };
      unspaced: { Args: never; Returns: string };
      vector: { Args: { p_config: string; p_text: string }; Returns: string };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
  pipeline_search: {
    Tables: { [_ in never]: never };
    Views: { [_ in never]: never };
    Functions: {
      all_of: { Args: { p_lexemes: string[]; p_owner_tag?: string }; Returns: string };
      approximate_nearest: {
        Args: { p_embedding: string; p_document_ids: string[]; p_count: number; p_max_hamming_distance: number };
        Returns: string[];
      };
      bigram_term: {
        Args: { p_pair: string; p_role: string; p_tag: string };
        Returns: {
          word: string | null;
          role: string | null;
          exact: string | null;
          loose: string | null;
          literal: string | null;
          next_to: string | null;
          keys: string | null;
          size: number | null;
          lexemes: string[] | null;
          prefixes: string[] | null;
          taken_for: string | null;
          chunk_count: number | null;
          weight: number | null;
        };
      };
      candidates: {
        Args: {
          p_terms: W["other"];
          p_literal: string;
          p_embedding: string;
          p_document_ids: string[];
          p_mode: string;
          p_min_score: number;
          p_min_similarity: number;
          p_max_per_document: number;
          p_weight_words: number;
          p_weight_meaning: number;
          p_language: string;
          p_also: string;
        };
        Returns: {
          chunk_id: string | null;
          document_id: string | null;
          score: number | null;
          similarity: number | null;
          text_score: number | null;
          vector_rank: number | null;
          text_rank: number | null;
          drop_reason: string | null;
          same_as: string | null;
        }[];
      };
      content_weight: { Args: { p_word: string }; Returns: number };
      detect_config: { Args: { p_words: string[]; p_configs: W["other"] }; Returns: string };
      detect_language: { Args: { p_text: string }; Returns: string };
      explain_chunk: {
        Args: {
          p_chunk_id: string;
          p_candidates: W["other"];
          p_page: W["other"];
          p_terms: W["other"];
          p_document_ids: string[];
          p_mode: string;
          p_weight_words: number;
          p_weight_meaning: number;
        };
        Returns: Json;
      };
      explanation: {
        Args: { p_candidate: W["other"]; p_terms: W["other"]; p_weight_words: number; p_weight_meaning: number };
        Returns: Json;
      };
      has_literal: { Args: { p_text: string; p_literal: string }; Returns: boolean };
      highlighted_terms: { Args: { p_terms: W["other"] }; Returns: W["other"] };
      highlights: { Args: { p_text: string; p_starts: number[]; p_ends: number[] }; Returns: Json };
      hit: {
        Args: {
          p_candidate: W["other"];
          p_marked: W["other"];
          p_lexemes: string[];
          p_prefixes: string[];
          p_duplicates: W["other"];
          p_expand: number;
        };
        Returns: Json;
      };
      literal: { Args: { p_normal: string }; Returns: string };
      match_positions: {
        Args: { p_config: string; p_text: string; p_lexemes: string[]; p_prefixes: string[] };
        Returns: { starts: number; ends: number; lexeme: string }[];
      };
      match_positions_by_word: {
        Args: { p_config: string; p_text: string; p_lexemes: string[]; p_prefixes: string[] };
        Returns: { starts: number; ends: number; lexeme: string }[];
      };
      match_words: {
        Args: { p_terms: W["other"]; p_literal: string; p_document_ids: string[]; p_also: string[] };
        Returns: { chunk_id: string; text_score: number; is_excluded: boolean; lacks_phrase: boolean }[];
      };
      matching_chunks: {
        Args: { p_owner: string; p_keys: string; p_document_ids: string[]; p_most: number };
        Returns: string[];
      };
      max_hamming_distance: { Args: { p_embedding: string; p_share: number }; Returns: number };
      meaning_score: { Args: { p_similarity: number }; Returns: number };
      nearest: {
        Args: { p_embedding: string; p_document_ids: string[]; p_count: number };
        Returns: { chunk_id: string; similarity: number }[];
      };
      parse_query: {
        Args: { p_text: string; p_configs: W["other"]; p_asked_in: string; p_owner: string };
        Returns: W["other"];
      };
      phrase_pattern: { Args: never; Returns: string };
      phrase_term: {
        Args: { p_phrase: string; p_role: string; p_configs: W["other"]; p_tag: string };
        Returns: {
          word: string | null;
          role: string | null;
          exact: string | null;
          loose: string | null;
          literal: string | null;
          next_to: string | null;
          keys: string | null;
          size: number | null;
          lexemes: string[] | null;
          prefixes: string[] | null;
          taken_for: string | null;
          chunk_count: number | null;
          weight: number | null;
        };
      };
      phrases: { Args: { p_normal: string }; Returns: { is_excluded: boolean; phrase: string }[] };
      quoted: { Args: { p_lexeme: string }; Returns: string };
      require_caller_account: { Args: never; Returns: boolean };
      rerank_nearest: {
        Args: { p_embedding: string; p_chunk_ids: string[]; p_count: number };
        Returns: { chunk_id: string; similarity: number }[];
      };
      search: {
        Args: {
          query_embedding?: string;
          query_text?: string;
          match_count?: number;
          document_ids?: string[];
          mode?: string;
          min_score?: number;
          min_similarity?: number;
          expand?: number;
          max_per_document?: number;
          weight_words?: number;
          weight_meaning?: number;
          language?: string;
          after_score?: number;
          after_chunk_id?: string;
          explain?: boolean;
          explain_chunk_id?: string;
        };
        Returns: Json;
      };
      similar_words: { Args: { p_owner: string; p_term: W["other"] }; Returns: string[] };
      surface_form: { Args: { p_owner: string; p_lexeme: string; p_configs: W["other"] }; Returns: string };
      term: {
        Args: {
          p_word: string;
          p_role: string;
          p_configs: W["other"];
          p_asked_in: string;
          p_is_last: boolean;
          p_tag: string;
        };
        Returns: {
          word: string | null;
          role: string | null;
          exact: string | null;
          loose: string | null;
          literal: string | null;
          next_to: string | null;
          keys: string | null;
          size: number | null;
          lexemes: string[] | null;
          prefixes: string[] | null;
          taken_for: string | null;
          chunk_count: number | null;
          weight: number | null;
        };
      };
      timed_search: {
        Args: {
          p_embedding: string;
          p_question: string;
          p_count: number;
          p_document_ids: string[];
          p_mode: string;
          p_min_score: number;
          p_min_similarity: number;
          p_max_per_document: number;
          p_weight_words: number;
          p_weight_meaning: number;
          p_language: string;
          p_explain_chunk_id: string;
        };
        Returns: Json;
      };
      weigh_terms: { Args: { p_terms: W["other"]; p_configs: W["other"] }; Returns: W["other"] };
      with_proximity: {
        Args: { p_term: W["other"]; p_before: W["other"]; p_distance: number };
        Returns: {
          word: string | null;
          role: string | null;
          exact: string | null;
          loose: string | null;
          literal: string | null;
          next_to: string | null;
          keys: string | null;
          size: number | null;
          lexemes: string[] | null;
          prefixes: string[] | null;
          taken_for: string | null;
          chunk_count: number | null;
          weight: number | null;
        };
      };
      without_line_breaks: { Args: { p_normal: string; p_is_unspaced: boolean }; Returns: string };
      words: { Args: { p_normal: string }; Returns: { place: number; is_excluded: boolean; word: string }[] };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: {
      candidate: {
        chunk_id: string | null;
        document_id: string | null;
        score: number | null;
        similarity: number | null;
        text_score: number | null;
        vector_rank: number | null;
        text_rank: number | null;
        drop_reason: string | null;
        same_as: string | null;
      };
      term: {
        word: string | null;
        role: string | null;
        exact: string | null;
        loose: string | null;
        literal: string | null;
        next_to: string | null;
        keys: string | null;
        size: number | null;
        lexemes: string[] | null;
        prefixes: string[] | null;
        taken_for: string | null;
        chunk_count: number | null;
        weight: number | null;
      };
    };
  };
  pipeline_internal: {
    Tables: {
      alert_rules: {
        Row: {
          rule: string;
          severity: string;
          summary: string;
          query: string;
          threshold: number;
          for_seconds: number;
          keep_firing_seconds: number;
          is_enabled: boolean;
          last_error: string | null;
        };
        Insert: {
          rule: string;
          severity: string;
          summary: string;
          query: string;
          threshold: number;
          for_seconds: number;
          keep_firing_seconds: number;
          is_enabled?: boolean;
          last_error?: string | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["alert_rules"]["Insert"]>;
        Relationships: [];
      };
      alert_states: {
        Row: {
          rule: string;
          subject: string;
          value: number | null;
          measured_at: W["time"];
          breached_since: W["time"] | null;
          ok_since: W["time"] | null;
        };
        Insert: {
          rule: string;
          subject: string;
          value?: number | null;
          measured_at: W["time"];
          breached_since?: W["time"] | null;
          ok_since?: W["time"] | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["alert_states"]["Insert"]>;
        Relationships: [
          {
            foreignKeyName: "alert_states_rule_fkey";
            columns: ["rule"];
            isOneToOne: false;
            referencedRelation: "alert_rules";
            referencedColumns: ["rule"];
          },
        ];
      };
      alerts: {
        Row: {
          alert_id: string;
          rule: string;
          subject: string;
          severity: string;
          summary: string;
          threshold: number;
          value: number;
          worst_value: number;
          opened_at: W["time"];
          closed_at: W["time"] | null;
        };
        Insert: {
          alert_id?: string;
          rule: string;
          subject: string;
          severity: string;
          summary: string;
          threshold: number;
          value: number;
          worst_value: number;
          opened_at?: W["time"];
          closed_at?: W["time"] | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["alerts"]["Insert"]>;
        Relationships: [];
      };
      audit_log: {
        Row: {
          audit_no: W["bigint"];
          happened_at: W["time"];
          action: string;
          actor: string;
          database_role: string | null;
          request_id: string | null;
          details: Json;
          user_id: string | null;
          operator_id: string | null;
          subject_id: string | null;
          network: string | null;
          email_digest: string | null;
          account_gone_at: W["time"] | null;
        };
        Insert: {
          audit_no?: never;
          happened_at?: W["time"];
          action: string;
          actor: string;
          database_role?: string | null;
          request_id?: string | null;
          details?: Json;
          user_id?: string | null;
          operator_id?: string | null;
          subject_id?: string | null;
          network?: string | null;
          email_digest?: string | null;
          account_gone_at?: W["time"] | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["audit_log"]["Insert"]>;
        Relationships: [];
      };
      charges: {
        Row: {
          charge_no: W["bigint"];
          charge_key: string | null;
          day: W["time"];
          purpose: string;
          model: string;
          quantity: W["bigint"];
          credits: W["numeric"] | null;
          cents: W["numeric"];
          user_id: string | null;
          document_id: string | null;
          job_id: string | null;
        };
        Insert: {
          charge_no?: never;
          charge_key?: string | null;
          day?: W["time"];
          purpose: string;
          model: string;
          quantity: W["bigint"];
          credits?: W["numeric"] | null;
          cents: W["numeric"];
          user_id?: string | null;
          document_id?: string | null;
          job_id?: string | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["charges"]["Insert"]>;
        Relationships: [];
      };
      consents: {
        Row: { user_id: string; consent_version: string; consented_at: W["time"] };
        Insert: { user_id: string; consent_version: string; consented_at?: W["time"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["consents"]["Insert"]>;
        Relationships: [];
      };
      counters: {
        Row: { name: string; labels: Json; value: number };
        Insert: { name: string; labels?: Json; value: number };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["counters"]["Insert"]>;
        Relationships: [];
      };
      daily_costs: {
        Row: {
          day: W["time"];
          purpose: string;
          model: string;
          part: number;
          quantity: W["bigint"];
          credits: W["numeric"] | null;
          cents: W["numeric"];
        };
        Insert: {
          day: W["time"];
          purpose: string;
          model: string;
          part: number;
          quantity: W["bigint"];
          credits?: W["numeric"] | null;
          cents: W["numeric"];
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["daily_costs"]["Insert"]>;
        Relationships: [];
      };
      deleted_events: {
        Row: {
          event_no: W["bigint"];
          document_id: string;
          type: string;
          status: string;
          stage: string | null;
          code: string | null;
          created_at: W["time"];
        };
        Insert: {
          event_no: W["bigint"];
          document_id: string;
          type: string;
          status: string;
          stage?: string | null;
          code?: string | null;
          created_at: W["time"];
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["deleted_events"]["Insert"]>;
        Relationships: [];
      };
      deliveries: {
        Row: {
          event_id: string;
          event_type: string;
          provider_job_id: string | null;
          job_id: string | null;
          request_id: string | null;
          received_at: W["time"];
        };
        Insert: {
          event_id: string;
          event_type: string;
          provider_job_id?: string | null;
          job_id?: string | null;
          request_id?: string | null;
          received_at?: W["time"];
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["deliveries"]["Insert"]>;
        Relationships: [];
      };
      endpoints: {
        Row: {
          endpoint_id: string;
          name: string;
          url: string;
          format: string;
          events: string[];
          is_enabled: boolean;
          previous_secret_until: W["time"] | null;
          created_at: W["time"];
        };
        Insert: {
          endpoint_id?: string;
          name: string;
          url: string;
          format?: string;
          events: string[];
          is_enabled?: boolean;
          previous_secret_until?: W["time"] | null;
          created_at?: W["time"];
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["endpoints"]["Insert"]>;
        Relationships: [];
      };
      file_cleanups: {
        Row: { cleanup_no: W["bigint"]; path: string; requested_at: W["time"] };
        Insert: { cleanup_no?: never; path: string; requested_at?: W["time"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["file_cleanups"]["Insert"]>;
        Relationships: [];
      };
      file_types: {
        Row: { extension: string; mime: string; aliases: string[] };
        Insert: { extension: string; mime: string; aliases?: string[] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["file_types"]["Insert"]>;
        Relationships: [];
      };
      history: {
        Row: {
          step_minutes: number;
          since: W["time"];
          stage: string;
          transition_count: number;
          p50_seconds: number | null;
          p95_seconds: number | null;
          failed_count: number;
          registered_count: number;
          message_count: number | null;
          oldest_due_seconds: number | null;
        };
        Insert: {
          step_minutes: number;
          since: W["time"];
          stage: string;
          transition_count?: number;
          p50_seconds?: number | null;
          p95_seconds?: number | null;
          failed_count?: number;
          registered_count?: number;
          message_count?: number | null;
          oldest_due_seconds?: number | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["history"]["Insert"]>;
        Relationships: [];
      };
      idempotency_keys: {
        Row: {
          user_id: string;
          key: string;
          request_sha256: string;
          answer: Json | null;
          claimed_until: W["time"];
          created_at: W["time"];
        };
        Insert: {
          user_id: string;
          key: string;
          request_sha256: string;
          answer?: Json | null;
          claimed_until: W["time"];
          created_at?: W["time"];
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["idempotency_keys"]["Insert"]>;
        Relationships: [];
      };
      limits: {
        Row: {
          singleton: boolean;
          max_file_bytes: W["bigint"];
          max_pages: number;
          max_text_bytes: number;
          max_failed_page_ratio: number;
          ocr_languages: string[];
          active_documents_per_user: number;
          uploads_per_user_per_day: number;
          pages_per_user_per_day: number;
          documents_per_user: number;
          bytes_per_user: W["bigint"];
          status_polls_per_minute: number;
          requests_per_user_per_hour: number;
          upload_url_seconds: number;
          allowed_mime_types: string[];
          parse_deadline_seconds: number;
          first_poll_seconds: number;
          max_poll_seconds: number;
          allow_anonymous_users: boolean;
          required_consent_version: string | null;
          wrong_passwords_per_account: number;
          sign_in_attempts_per_address: number;
          sign_in_window_seconds: number;
          mfa_for_deletion: boolean;
          monthly_budget_cents: W["numeric"] | null;
          monthly_budget_cents_per_user: W["numeric"] | null;
          expected_bytes_per_page: number;
          live_status: boolean;
        };
        Insert: {
          singleton?: boolean;
          max_file_bytes?: W["bigint"];
          max_pages?: number;
          max_text_bytes?: number;
          max_failed_page_ratio?: number;
          ocr_languages?: string[];
          active_documents_per_user?: number;
          uploads_per_user_per_day?: number;
          pages_per_user_per_day?: number;
          documents_per_user?: number;
          bytes_per_user?: W["bigint"];
          status_polls_per_minute?: number;
          requests_per_user_per_hour?: number;
          upload_url_seconds?: number;
          allowed_mime_types?: string[];
          parse_deadline_seconds?: number;
          first_poll_seconds?: number;
          max_poll_seconds?: number;
          allow_anonymous_users?: boolean;
          required_consent_version?: string | null;
          wrong_passwords_per_account?: number;
          sign_in_attempts_per_address?: number;
          sign_in_window_seconds?: number;
          mfa_for_deletion?: boolean;
          monthly_budget_cents?: W["numeric"] | null;
          monthly_budget_cents_per_user?: W["numeric"] | null;
          expected_bytes_per_page?: number;
          live_status?: boolean;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["limits"]["Insert"]>;
        Relationships: [];
      };
      metric_snapshots: {
        Row: { read_at: W["time"]; samples: Json };
        Insert: { read_at: W["time"]; samples: Json };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["metric_snapshots"]["Insert"]>;
        Relationships: [];
      };
      outbox: {
        Row: {
          delivery_no: W["bigint"];
          message_id: string;
          endpoint_id: string;
          type: string;
          body: string | null;
          audit_no: W["bigint"] | null;
          user_id: string | null;
          document_id: string | null;
          created_at: W["time"];
          due_at: W["time"];
          attempt_count: number;
          delivered_at: W["time"] | null;
          given_up_at: W["time"] | null;
          last_status: number | null;
          last_error: string | null;
        };
        Insert: {
          delivery_no?: never;
          message_id: string;
          endpoint_id: string;
          type: string;
          body?: string | null;
          audit_no?: W["bigint"] | null;
          user_id?: string | null;
          document_id?: string | null;
          created_at?: W["time"];
          due_at?: W["time"];
          attempt_count?: number;
          delivered_at?: W["time"] | null;
          given_up_at?: W["time"] | null;
          last_status?: number | null;
          last_error?: string | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["outbox"]["Insert"]>;
        Relationships: [
          {
            foreignKeyName: "outbox_endpoint_id_fkey";
            columns: ["endpoint_id"];
            isOneToOne: false;
            referencedRelation: "endpoints";
            referencedColumns: ["endpoint_id"];
          },
        ];
      };
      parse_cancellations: {
        Row: {
          submission_id: string;
          provider_job_id: string | null;
          submission_requested_at: W["time"];
          due_at: W["time"];
          attempt_count: number;
        };
        Insert: {
          submission_id: string;
          provider_job_id?: string | null;
          submission_requested_at: W["time"];
          due_at: W["time"];
          attempt_count?: number;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["parse_cancellations"]["Insert"]>;
        Relationships: [];
      };
      pending_chunks: {
        Row: {
          document_id: string;
          ord: number;
          chunk_id: string;
          user_id: string;
          chunker_name: string;
          chunker_version: string;
          page_from: number | null;
          page_to: number | null;
          page_offsets: number[];
          heading_path: string[];
          text: string;
          context: string;
          chunk_sha: string;
          token_count: number;
          search_text: string;
        };
        Insert: {
          document_id: string;
          ord: number;
          chunk_id: string;
          user_id: string;
          chunker_name: string;
          chunker_version: string;
          page_from?: number | null;
          page_to?: number | null;
          page_offsets: number[];
          heading_path: string[];
          text: string;
          context: string;
          chunk_sha: string;
          token_count: number;
          search_text: string;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["pending_chunks"]["Insert"]>;
        Relationships: [];
      };
      pending_sign_ins: {
        Row: { sign_in_no: W["bigint"]; user_id: string; started_at: W["time"]; is_seen_by_hook: boolean };
        Insert: { sign_in_no?: never; user_id: string; started_at?: W["time"]; is_seen_by_hook?: boolean };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["pending_sign_ins"]["Insert"]>;
        Relationships: [];
      };
      pending_vectors: {
        Row: {
          document_id: string;
          chunk_sha: string;
          user_id: string;
          embed_model: string;
          embedding: string;
          embedded_at: W["time"];
        };
        Insert: {
          document_id: string;
          chunk_sha: string;
          user_id: string;
          embed_model: string;
          embedding: string;
          embedded_at: W["time"];
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["pending_vectors"]["Insert"]>;
        Relationships: [];
      };
      prices: {
        Row: {
          unit: string;
          model: string;
          cents: W["numeric"];
          credits: W["numeric"] | null;
          is_expected: boolean;
          source: string;
        };
        Insert: {
          unit: string;
          model: string;
          cents: W["numeric"];
          credits?: W["numeric"] | null;
          is_expected?: boolean;
          source: string;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["prices"]["Insert"]>;
        Relationships: [];
      };
      providers: {
        Row: {
          provider: string;
          requests_per_minute: number;
          request_burst: number;
          tokens_per_minute: number;
          token_burst: number;
          request_level: number;
          token_level: number;
          refilled_at: W["time"];
          failure_count: number;
          open_count: number;
          fault: string | null;
          fault_count: number;
          opened_at: W["time"] | null;
          probe_at: W["time"] | null;
          code: string | null;
          message: string | null;
        };
        Insert: {
          provider: string;
          requests_per_minute: number;
          request_burst: number;
          tokens_per_minute: number;
          token_burst: number;
          request_level: number;
          token_level: number;
          refilled_at?: W["time"];
          failure_count?: number;
          open_count?: number;
          fault?: string | null;
          fault_count?: number;
          opened_at?: W["time"] | null;
          probe_at?: W["time"] | null;
          code?: string | null;
          message?: string | null;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["providers"]["Insert"]>;
        Relationships: [];
      };
      question_vectors: {
        Row: { user_id: string; model: string; key: string; embedding: string; used_at: W["time"] };
        Insert: { user_id: string; model: string; key: string; embedding: string; used_at?: W["time"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["question_vectors"]["Insert"]>;
        Relationships: [];
      };
      rate_limits: {
        Row: { key: string; used_count: number; resets_at: W["time"] };
        Insert: { key: string; used_count: number; resets_at: W["time"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["rate_limits"]["Insert"]>;
        Relationships: [];
      };
      reservations: {
        Row: { job_id: string; user_id: string; cents: W["numeric"] };
        Insert: { job_id: string; user_id: string; cents: W["numeric"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["reservations"]["Insert"]>;
        Relationships: [];
      };
      retention: {
        Row: { category: string; days: number; description: string };
        Insert: { category: string; days: number; description: string };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["retention"]["Insert"]>;
        Relationships: [];
      };
      roll_up: {
        Row: {
          singleton: boolean;
          counted_to: W["bigint"];
          merged_to: W["time"];
          seen_to: W["bigint"];
          seen_xid: string;
        };
        Insert: {
          singleton?: boolean;
          counted_to?: W["bigint"];
          merged_to?: W["time"];
          seen_to?: W["bigint"];
          seen_xid?: string;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["roll_up"]["Insert"]>;
        Relationships: [];
      };
      stage_transitions: {
        Row: { since: W["time"]; stage: string; bucket: number; transition_count: number };
        Insert: { since: W["time"]; stage: string; bucket: number; transition_count: number };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["stage_transitions"]["Insert"]>;
        Relationships: [];
      };
      stages: {
        Row: {
          stage: string;
          entry_status: string;
          working_status: string;
          failed_status: string;
          next_stage: string | null;
          redrive_stage: string;
          max_attempts: number;
          backoff_base_seconds: number;
          backoff_cap_seconds: number;
          jitter: number;
          lease_seconds: number;
          isolate_after: number;
          max_lost_alone: number;
          max_lost: number;
          lost_cap_seconds: number;
          slots: number;
          batch: number;
          max_invocations: number;
          paused_at: W["time"] | null;
          paused_because: string | null;
          provider: string | null;
          requests_per_message: number;
        };
        Insert: {
          stage: string;
          entry_status: string;
          working_status: string;
          failed_status: string;
          next_stage?: string | null;
          redrive_stage: string;
          max_attempts: number;
          backoff_base_seconds: number;
          backoff_cap_seconds: number;
          jitter: number;
          lease_seconds: number;
          isolate_after?: number;
          max_lost_alone?: number;
          max_lost?: number;
          lost_cap_seconds?: number;
          slots: number;
          batch: number;
          max_invocations: number;
          paused_at?: W["time"] | null;
          paused_because?: string | null;
          provider?: string | null;
          requests_per_message?: number;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["stages"]["Insert"]>;
        Relationships: [
          {
            foreignKeyName: "stages_next_stage_fkey";
            columns: ["next_stage"];
            isOneToOne: false;
            referencedRelation: "stages";
            referencedColumns: ["stage"];
          },
          {
            foreignKeyName: "stages_provider_fkey";
            columns: ["provider"];
            isOneToOne: false;
            referencedRelation: "providers";
            referencedColumns: ["provider"];
          },
          {
            foreignKeyName: "stages_redrive_stage_fkey";
            columns: ["redrive_stage"];
            isOneToOne: false;
            referencedRelation: "stages";
            referencedColumns: ["stage"];
          },
        ];
      };
      submissions: {
        Row: {
          submission_id: string;
          job_id: string;
          provider_job_id: string | null;
          pages: number[] | null;
          ocr: boolean;
          is_page_reparse: boolean;
          requested_at: W["time"];
          submitted_at: W["time"] | null;
          finished_at: W["time"] | null;
          outcome: string | null;
          poll_count: number;
          counted_pages: number;
        };
        Insert: {
          submission_id?: string;
          job_id: string;
          provider_job_id?: string | null;
          pages?: number[] | null;
          ocr?: boolean;
          is_page_reparse?: boolean;
          requested_at?: W["time"];
          submitted_at?: W["time"] | null;
          finished_at?: W["time"] | null;
          outcome?: string | null;
          poll_count?: number;
          counted_pages?: number;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["submissions"]["Insert"]>;
        Relationships: [];
      };
      support_access: {
        Row: { user_id: string; granted_at: W["time"]; until: W["time"] };
        Insert: { user_id: string; granted_at?: W["time"]; until: W["time"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["support_access"]["Insert"]>;
        Relationships: [];
      };
      transitions: {
        Row: { from_status: string; to_status: string; via_status: string | null; cause: string };
        Insert: { from_status: string; to_status: string; via_status?: string | null; cause: string };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["transitions"]["Insert"]>;
        Relationships: [];
      };
      user_budgets: {
        Row: { user_id: string; monthly_cents: W["numeric"] | null };
        Insert: { user_id: string; monthly_cents?: W["numeric"] | null };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["user_budgets"]["Insert"]>;
        Relationships: [];
      };
      user_costs: {
        Row: { user_id: string; month: W["time"]; purpose: string; quantity: W["bigint"]; cents: W["numeric"] };
        Insert: { user_id: string; month: W["time"]; purpose: string; quantity: W["bigint"]; cents: W["numeric"] };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["user_costs"]["Insert"]>;
        Relationships: [];
      };
      worker_runs: {
        Row: {
          run_id: string;
          stage: string;
          called_at: W["time"];
          request_id: W["bigint"] | null;
          started_at: W["time"] | null;
          heartbeat_at: W["time"] | null;
          ended_at: W["time"] | null;
          is_alone: boolean;
          ended_by: string | null;
          settled_count: number;
        };
        Insert: {
          run_id?: string;
          stage: string;
          called_at?: W["time"];
          request_id?: W["bigint"] | null;
          started_at?: W["time"] | null;
          heartbeat_at?: W["time"] | null;
          ended_at?: W["time"] | null;
          is_alone?: boolean;
          ended_by?: string | null;
          settled_count?: number;
        };
        Update: Partial<Schemas<W>["pipeline_internal"]["Tables"]["worker_runs"]["Insert"]>;
        Relationships: [];
      };
    };
    Views: {
      countable_events: {
        Row: {
          event_no: W["bigint"] | null;
          document_id: string | null;
          type: string | null;
          status: string | null;
          stage: string | null;
          code: string | null;
          created_at: W["time"] | null;
        };
        Relationships: [];
      };
      failure_remedies: {
        Row: { code: string | null; mended_by: string | null; remedy: string | null };
        Relationships: [];
      };
      live_moves: { Row: { document_id: string | null; move: Json | null }; Relationships: [] };
      live_runs: {
        Row: {
          run_id: string | null;
          stage: string | null;
          called_at: W["time"] | null;
          request_id: W["bigint"] | null;
          started_at: W["time"] | null;
          heartbeat_at: W["time"] | null;
          ended_at: W["time"] | null;
          is_alone: boolean | null;
          ended_by: string | null;
          settled_count: number | null;
        };
        Relationships: [];
      };
      time_windows: { Row: { time_window: string | null; length: string | null }; Relationships: [] };
    };
    Functions: {
      accept_original: { Args: { p_lease: W["other"]; p_mime: string }; Returns: boolean };
      add_endpoint: {
        Args: { p_name: string; p_url: string; p_events: string[]; p_format?: string; p_secret?: string };
        Returns: string;
      };
      add_to_costs: { Args: { p_costs: W["other"] }; Returns: undefined };
      add_to_counters: { Args: { p_counts: W["other"] }; Returns: undefined };
      admit: { Args: { p_job_id: string; p_user_id: string }; Returns: undefined };
      advance_user_queues: { Args: { p_user_ids: string[] }; Returns: number };
      advance_user_queues_of: { Args: { p_settled: W["other"] }; Returns: undefined };
      allow_file_types: { Args: { p_extensions: string[] }; Returns: string[] };
      allow_mime_types: { Args: { p_mimes: string[] }; Returns: undefined };
      allows_support: { Args: { p_user_id: string }; Returns: boolean };
      apply_settlement: {
        Args: { p_stage: W["other"]; p_job: W["other"]; p_settlement: W["other"] };
        Returns: {
          job: W["other"] | null;
          leaves_stage: boolean | null;
          next_stage: string | null;
          delay_seconds: number | null;
        };
      };
      audit_kinds: { Args: never; Returns: { actor: string; action: string }[] };
      audit_log_least_days: { Args: never; Returns: number };
      audit_page: {
        Args: {
          p_action: string;
          p_actor: string;
          p_user_id: string;
          p_operator_id: string;
          p_subject_id: string;
          p_from: W["time"];
          p_to: W["time"];
          p_before_at: W["time"];
          p_before_no: W["bigint"];
          p_limit: number;
        };
        Returns: {
          audit_no: W["bigint"];
          happened_at: W["time"];
          action: string;
          actor: string;
          database_role: string | null;
          request_id: string | null;
          details: Json;
          user_id: string | null;
          operator_id: string | null;
          subject_id: string | null;
          network: string | null;
          email_digest: string | null;
          account_gone_at: W["time"] | null;
        }[];
      };
      awaits_original: { Args: { p_document: W["other"] }; Returns: boolean };
      begin_attempts: {
        Args: {
          p_stage: W["other"];
          p_job_ids: string[];
          p_msg_ids: W["bigint"][];
          p_read_cts: number[];
          p_run_id: string;
          p_alone?: boolean;
        };
        Returns: {
          msg_id: W["bigint"] | null;
          read_ct: number | null;
          job_id: string | null;
          document_id: string | null;
          user_id: string | null;
          mime: string | null;
          bytes_len: W["bigint"] | null;
          file_sha256: string | null;
          raw_path: string | null;
          original_path: string | null;
          is_verified: boolean | null;
          parsed_path: string | null;
          page_starts: number[] | null;
          ocr: boolean | null;
          resume: Json | null;
          attempt: number | null;
          correlation_id: string | null;
          lease_seconds: number | null;
        }[];
      };
      begin_cancellations: {
        Args: { p_count: number };
        Returns: {
          submission_id: string;
          provider_job_id: string;
          submission_requested_at: W["time"];
          attempt_count: number;
        }[];
      };
      begin_isolated_run: {
        Args: { p_stage: string; p_run_id: string };
        Returns: { slots: number; lease_seconds: number }[];
      };
      begin_notifications: {
        Args: { p_count: number };
        Returns: {
          delivery_no: W["bigint"];
          attempt_count: number;
          message_id: string;
          endpoint: string;
          url: string;
          secret: string;
          previous_secret: string;
          body: string;
        }[];
      };
      begin_restore: { Args: never; Returns: undefined };
      begin_run: {
        Args: { p_stage: string; p_run_id: string; p_nowait?: boolean };
        Returns: { slots: number; lease_seconds: number }[];
      };
      begin_sign_in: {
        Args: { p_email: string; p_email_digest: string };
        Returns: {
          limit_name: string;
          allowed: boolean;
          limit_value: number;
          remaining: number;
          reset_seconds: number;
          user_id: string;
          sign_in_no: W["bigint"];
        };
      };
      begin_submission: {
        Args: { p_lease: W["other"]; p_mime?: string; p_page_count?: number };
        Returns: {
          submission_id: string;
          requested_at: W["time"];
          is_new: boolean;
          pages: number[];
          ocr: boolean;
          wait_seconds: number;
        }[];
      };
      broadcast_messages: {
        Args: { p_user_ids: string[]; p_event_nos: W["bigint"][]; p_payloads: W["other"] };
        Returns: undefined;
      };
      bucket_types: { Args: { p_mimes: string[] }; Returns: string[] };
      budget_month: { Args: never; Returns: W["time"] };
      budget_of: { Args: { p_user_id: string }; Returns: W["numeric"] };
      budget_summary: {
        Args: { p_user_id: string };
        Returns: {
          monthly_cents: W["numeric"];
          spent_cents: W["numeric"];
          reserved_cents: W["numeric"];
          resets_at: W["time"];
        }[];
      };
      call_worker: { Args: { p_call: string; p_function?: string }; Returns: W["bigint"] };
      chunk_id: {
        Args: {
          p_document_id: string;
          p_chunker_name: string;
          p_chunker_version: string;
          p_chunk_sha: string;
          p_n: number;
        };
        Returns: string;
      };
      claim: {
        Args: { p_stage: string; p_limit: number; p_run_id?: string; p_strict?: boolean };
        Returns: {
          msg_id: W["bigint"] | null;
          read_ct: number | null;
          job_id: string | null;
          document_id: string | null;
          user_id: string | null;
          mime: string | null;
          bytes_len: W["bigint"] | null;
          file_sha256: string | null;
          raw_path: string | null;
          original_path: string | null;
          is_verified: boolean | null;
          parsed_path: string | null;
          page_starts: number[] | null;
          ocr: boolean | null;
          resume: Json | null;
          attempt: number | null;
          correlation_id: string | null;
          lease_seconds: number | null;
        }[];
      };
      claim_expiry: { Args: never; Returns: W["time"] };
      claim_isolated: {
        Args: { p_stage: string; p_run_id: string };
        Returns: {
          msg_id: W["bigint"] | null;
          read_ct: number | null;
          job_id: string | null;
          document_id: string | null;
          user_id: string | null;
          mime: string | null;
          bytes_len: W["bigint"] | null;
          file_sha256: string | null;
          raw_path: string | null;
          original_path: string | null;
          is_verified: boolean | null;
          parsed_path: string | null;
          page_starts: number[] | null;
          ocr: boolean | null;
          resume: Json | null;
          attempt: number | null;
          correlation_id: string | null;
          lease_seconds: number | null;
        }[];
      };
      claim_key: {
        Args: { p_user_id: string; p_key: string; p_request_sha256: string };
        Returns: { outcome: string; answer: Json; free_in_seconds: number }[];
      };
      close_submission: { Args: { p_job_id: string; p_outcome: string }; Returns: undefined };
      committed_cents: { Args: never; Returns: W["numeric"] } | { Args: { p_user_id: string }; Returns: W["numeric"] };
      compact_charges: { Args: never; Returns: W["bigint"] };
      compact_stage_transitions: { Args: never; Returns: undefined };
      complete_chunk: { Args: { p_job: W["other"]; p_output: W["other"] }; Returns: number };
      complete_embed: { Args: { p_job: W["other"] }; Returns: number };
      complete_fetch_result: { Args: { p_job: W["other"]; p_output: W["other"] }; Returns: number };
      complete_jobs: { Args: { p_job_ids: string[] }; Returns: undefined };
      complete_parse: { Args: { p_job: W["other"]; p_output: W["other"] }; Returns: number };
      complete_stage: { Args: { p_job: W["other"]; p_output: Json }; Returns: number };
      console_role: { Args: { p_user_id: string }; Returns: string };
      consume_attempt: {
        Args: { p_kind: string; p_address: string };
        Returns: {
          limit_name: string;
          allowed: boolean;
          limit_value: number;
          remaining: number;
          reset_seconds: number;
        }[];
      };
      consume_pages: { Args: { p_user_id: string; p_count: number }; Returns: number };
      consume_paid_request: {
        Args: { p_user_id: string };
        Returns: { limit_name: string; limit_value: number; retry_after_seconds: number };
      };
      consume_rate_limit: {
        Args: { p_key: string; p_limit: number; p_window_seconds: number; p_count?: number };
        Returns: { allowed: boolean; remaining: number; reset_seconds: number };
      };
      consume_request: {
        Args: { p_user_id: string; p_polled_id?: string };
        Returns: {
          limit_name: string;
          allowed: boolean;
          limit_value: number;
          remaining: number;
          reset_seconds: number;
        };
      };
      consume_tokens: { Args: { p_stage: W["other"]; p_count: number }; Returns: undefined };
      continue_inline: {
        Args: { p_stage: W["other"]; p_settled: W["other"]; p_run_id: string };
        Returns: { next_stage: string; slots: number; lease_seconds: number; attempts: W["other"] }[];
      };
      correct_counted_pages: { Args: { p_charges: Json; p_held_job_ids: string[] }; Returns: undefined };
      count_events: { Args: { p_after: W["bigint"]; p_to: W["bigint"] }; Returns: undefined };
      count_requests: { Args: { p_function: string; p_requests: Json }; Returns: undefined };
      create_queues: { Args: never; Returns: undefined };
      current_submission: {
        Args: { p_job_id: string };
        Returns: {
          submission_id: string;
          provider_job_id: string;
          poll_count: number;
          pages: number[];
          ocr: boolean;
          is_page_reparse: boolean;
          warnings: Json;
          is_overdue: boolean;
        }[];
      };
      database_started_at: { Args: never; Returns: W["time"] };
      delete_document: {
        Args: { p_user_id: string; p_document_id: string; p_request_id?: string; p_network?: string };
        Returns: boolean;
      };
      delete_messages: { Args: { p_stage: string; p_msg_ids: W["bigint"][] }; Returns: W["bigint"][] };
      document_cents: {
        Args: { p_mime: string; p_bytes_len: W["bigint"]; p_page_count?: number };
        Returns: W["numeric"];
      };
      document_id: { Args: { p_user_id: string; p_sha256: string }; Returns: string };
      document_of_path: { Args: { p_path: string }; Returns: string };
      document_status_for: {
        Args: { p_claims: Json; p_document_id: string };
        Returns: {
          document_id: string | null;
          user_id: string | null;
          filename: string | null;
          filename_full: string | null;
          policy_id: string | null;
          mime: string | null;
          bytes_len: W["bigint"] | null;
          job_id: string | null;
          status: string | null;
          state: string | null;
          stage_pct: number | null;
          total_pct: number | null;
          retry_count: number | null;
          next_attempt_at: W["time"] | null;
          waiting_for: string | null;
          queue_position: number | null;
          last_error: Json | null;
          warnings: Json | null;
          title: string | null;
          created_at: W["time"] | null;
          updated_at: W["time"] | null;
        };
      };
      due_message: { Args: { p_stage: string }; Returns: W["bigint"][] };
      due_suspects: {
        Args: never;
        Returns: { stage: string; job_id: string; message_id: W["bigint"]; due_at: W["time"] }[];
      };
      duration_bound: { Args: { p_seconds: number }; Returns: string };
      duration_bounds: { Args: never; Returns: W["other"] };
      embedded_count: { Args: { p_document_id: string }; Returns: { embedded_count: number; chunk_count: number } };
      embedded_text: { Args: { p_context: string; p_text: string }; Returns: string };
      embedding_cents: { Args: { p_pages: W["numeric"] }; Returns: W["numeric"] };
      end_isolated_run: {
        Args: { p_stage: string; p_run_id: string; p_reason: string; p_settled_count: number };
        Returns: boolean;
      };
      end_notification: {
        Args: { p_delivery_no: W["bigint"]; p_attempt: number; p_status: number; p_error: string };
        Returns: undefined;
      };
      end_restore: { Args: never; Returns: undefined };
      end_run: {
        Args: { p_stage: string; p_run_id: string; p_reason: string; p_settled_count: number; p_nowait?: boolean };
        Returns: boolean;
      };
      end_sign_in: {
        Args: { p_user_id: string; p_sign_in_no: W["bigint"]; p_email_digest: string; p_outcome: string };
        Returns: undefined;
      };
      endpoint_host: { Args: { p_url: string }; Returns: string };
      endpoint_secret: { Args: { p_endpoint_id: string }; Returns: string };
      endpoint_secret_name: { Args: { p_endpoint_id: string }; Returns: string };
      enqueue: { Args: { p_job_ids: string[]; p_stage: string; p_delays?: number[] }; Returns: undefined };
      envelope: { Args: { p_type: string; p_at: W["time"]; p_data: Json }; Returns: Json };
      error_class: { Args: { p_code: string }; Returns: string };
      evaluate_alerts: { Args: never; Returns: { opened: W["bigint"]; closed: W["bigint"] }[] };
      evaluate_rule: { Args: { p_rule: W["other"] }; Returns: undefined };
      exceeded_budget: {
        Args: { p_user_id: string; p_cents: W["numeric"] };
        Returns: { scope: string; monthly_cents: W["numeric"] }[];
      };
      expected_cents: { Args: { p_pages: W["numeric"]; p_tokens: W["numeric"] }; Returns: W["numeric"] };
      expected_pages: { Args: { p_mime: string; p_bytes_len: W["bigint"]; p_page_count?: number }; Returns: number };
      expire_uploads: { Args: never; Returns: W["bigint"] };
      exported_rows: {
        Args: { p_user_id: string; p_name: string; p_after: string; p_count: number };
        Returns: { sort_key: string | null; data: Json | null }[];
      };
      exported_tables: {
        Args: never;
        Returns: { name: string; relation: string; sort_key: string; condition: string; excluded_columns: string[] }[];
      };
      extend_key: { Args: { p_user_id: string; p_key: string }; Returns: undefined };
      extend_leases: {
        Args: { p_stage: string; p_msg_ids: W["bigint"][]; p_read_cts: number[]; p_run_id?: string };
        Returns: W["bigint"][];
      };
      file_extension: { Args: { p_mime: string }; Returns: string };
      finish_restore: { Args: never; Returns: undefined };
      free_user_slots: { Args: { p_user_id: string }; Returns: number };
      has_due_cleanup: { Args: never; Returns: boolean };
      has_due_notifications: { Args: never; Returns: boolean };
      has_due_suspect: { Args: { p_stage: string }; Returns: boolean };
      has_pending_call: { Args: { p_call: string }; Returns: boolean };
      has_work: { Args: { p_stage: string }; Returns: boolean };
      headings: { Args: { p_context: string; p_text: string }; Returns: string };
      health_summary: {
        Args: never;
        Returns: {
          oldest_message_seconds: number;
          waiting_messages: W["bigint"];
          dead_letter_jobs: W["bigint"];
          open_circuits: string[];
          migration: string;
        };
      };
      histogram_samples: {
        Args: { p_name: string; p_series: W["other"] };
        Returns: { name: string; labels: Json; value: number }[];
      };
      is_final: { Args: { p_job: W["other"]; p_ocr?: boolean; p_has_bytes?: boolean }; Returns: boolean };
      is_isolation_taken: { Args: { p_run_id?: string }; Returns: boolean };
      is_older: { Args: { p_at: W["time"]; p_category: string; p_least_days?: number }; Returns: boolean };
      is_restoring: { Args: never; Returns: boolean };
      isolation_hiding: { Args: never; Returns: string };
      job_costs: { Args: { p_job_ids: string[] }; Returns: { job_id: string; cost_cents: W["numeric"] }[] };
      keep_chunks: { Args: { p_job: W["other"]; p_output: W["other"] }; Returns: undefined };
      keep_complete: { Args: { p_job: W["other"]; p_code: string; p_message: string }; Returns: undefined };
      keep_original: { Args: { p_job: W["other"]; p_mime: string }; Returns: undefined };
      keep_vectors: {
        Args: { p_job: W["other"]; p_model: string; p_chunk_ids: string[]; p_vectors: string[] };
        Returns: undefined;
      };
      lacks_consent: { Args: { p_user_id: string }; Returns: boolean };
      leave_stage: { Args: { p_stage: string; p_settled: W["other"] }; Returns: undefined };
      live_payload: { Args: { p_moves: W["other"] }; Returns: Json };
      live_report: {
        Args: never;
        Returns: { is_on: boolean; has_realtime: boolean; has_policies: boolean; unsent_count: W["bigint"] };
      };
      lock_attempts: {
        Args: { p_leases: W["other"] };
        Returns: {
          job_id: string;
          document_id: string;
          user_id: string;
          status: string;
          state: string;
          stage: string | null;
          message_id: W["bigint"] | null;
          user_queued_at: W["time"] | null;
          waiting_for: string | null;
          attempt_count: number;
          lost_count: number;
          unexplained_count: number;
          is_isolated: boolean;
          retry_count: number;
          next_attempt_at: W["time"] | null;
          last_error: Json | null;
          units_done: number;
          units_total: number;
          ocr: boolean;
          pages_to_read: number[] | null;
          is_page_reparse: boolean;
          resume: Json | null;
          correlation_id: string | null;
          run_id: string | null;
          upload_expires_at: W["time"] | null;
          counted_at: W["time"];
          claimed_at: W["time"] | null;
          finished_at: W["time"] | null;
          created_at: W["time"];
          updated_at: W["time"];
        }[];
      };
      lock_capacity: { Args: { p_stage: W["other"]; p_count: number }; Returns: number };
      lock_files: { Args: { p_document_id: string; p_nowait?: boolean }; Returns: boolean };
      lock_isolation: { Args: { p_nowait?: boolean }; Returns: boolean };
      lock_messages: {
        Args: { p_stage: string; p_msg_ids: W["bigint"][] };
        Returns: { msg_id: W["bigint"]; read_ct: number }[];
      };
      lock_sign_ins: { Args: { p_user_id: string }; Returns: undefined };
      lock_user_if_exists: { Args: { p_user_id: string }; Returns: string };
      lock_user_queue: { Args: { p_user_id: string }; Returns: undefined };
      lose_attempt: { Args: { p_stage: W["other"]; p_job: W["other"] }; Returns: boolean };
      may_claim: { Args: { p_stage: string }; Returns: boolean };
      messages_of: { Args: { p_user_id: string }; Returns: string[] };
      metric_delta: { Args: { p_name: string; p_window: string }; Returns: { labels: Json; value: number }[] };
      metric_quantile: {
        Args: { p_name: string; p_quantile: number; p_label: string; p_window: string };
        Returns: { subject: string; value: number }[];
      };
      metric_samples: { Args: never; Returns: { name: string; labels: Json; value: number }[] };
      metric_snapshot: { Args: { p_name: string; p_age?: string }; Returns: { labels: Json; value: number }[] };
      new_endpoint_secret: { Args: { p_given: string }; Returns: string };
      new_original_path: { Args: { p_raw_path: string }; Returns: string };
      note_move: { Args: { p_user_id: string; p_document_id: string }; Returns: boolean };
      notification_types: { Args: never; Returns: string[] };
      notify: { Args: { p_type: string; p_data: Json; p_text: string }; Returns: W["bigint"] };
      notify_alert: { Args: { p_type: string; p_alert: W["other"] }; Returns: undefined };
      open_live_topics: { Args: never; Returns: boolean };
      open_to_console: { Args: { p_function: string; p_reads_monitoring?: boolean }; Returns: undefined };
      outage_pause: { Args: { p_provider: string }; Returns: number };
      parsed_path: { Args: { p_user_id: string; p_document_id: string }; Returns: string } | {
        Args: { p_user_id: string; p_document_id: string; p_submission_id: string };
        Returns: string;
      };
      password_trusted_from: { Args: { p_user_id: string }; Returns: W["time"] };
      password_verification_attempt: { Args: { event: Json }; Returns: Json };
      pause: {
        Args: { p_job: W["other"]; p_code: string; p_message: string; p_after_seconds: number };
        Returns: undefined;
      };
      pause_stage: { Args: { p_stage: string; p_reason: string }; Returns: boolean };
      poll_later: { Args: { p_job: W["other"] }; Returns: undefined };
      postpone: { Args: { p_job: W["other"]; p_seconds: number; p_state: string }; Returns: W["time"] };
      postpone_messages: {
        Args: { p_stage: string; p_msg_ids: W["bigint"][]; p_vt: W["time"] };
        Returns: W["bigint"][];
      };
      previous_endpoint_secret: { Args: { p_endpoint_id: string }; Returns: string };
      price: {
        Args: { p_unit: string; p_model: string };
        Returns: {
          unit: string;
          model: string;
          cents: W["numeric"];
          credits: W["numeric"] | null;
          is_expected: boolean;
          source: string;
        };
      };
      probe_provider: { Args: { p_provider: string }; Returns: W["bigint"] };
      provider_failed: {
        Args: {
          p_provider: string;
          p_claimed_at: W["time"];
          p_fault: string;
          p_code: string;
          p_message: string;
          p_after_seconds: number;
        };
        Returns: undefined;
      };
      provider_succeeded: { Args: { p_provider: string; p_claimed_at: W["time"] }; Returns: undefined };
      purge: { Args: never; Returns: { category: string; removed_count: W["bigint"] }[] };
      purge_rate_limits: { Args: never; Returns: undefined };
      purge_replaced_secrets: { Args: never; Returns: W["bigint"] };
      question_vector: { Args: { p_user_id: string; p_model: string; p_key: string }; Returns: string };
      read_messages: {
        Args: { p_stage: string; p_count: number; p_lease_seconds: number };
        Returns: { msg_id: W["bigint"]; read_ct: number; job_id: string }[];
      };
      receive_delivery: {
        Args: {
          p_event_id: string;
          p_event_type: string;
          p_provider_job_id: string;
          p_job_id: string;
          p_request_id: string;
        };
        Returns: string;
      };
      rechunk: { Args: { p_document_id: string }; Returns: boolean };
      reconcile: {
        Args: never;
        Returns: { started: W["bigint"]; requeued: W["bigint"]; expired: W["bigint"]; closed: W["bigint"] }[];
      };
      record_audit_entry: {
        Args: {
          p_action: string;
          p_user_id?: string;
          p_subject_id?: string;
          p_request_id?: string;
          p_network?: string;
          p_details?: Json;
          p_actor?: string;
          p_email_digest?: string;
        };
        Returns: undefined;
      };
      record_charges: { Args: { p_charges: Json; p_held_job_ids?: string[] }; Returns: undefined };
      record_consent: {
        Args: {
          p_user_id: string;
          p_consent_version: string;
          p_request_id: string;
          p_network?: string;
          p_action?: string;
        };
        Returns: { outcome: string; consented_at: W["time"]; required_version: string };
      };
      record_console_act: {
        Args: { p_action: string; p_subject_id?: string; p_details?: Json; p_user_id?: string };
        Returns: undefined;
      };
      record_error: {
        Args: { p_job: W["other"]; p_type: string; p_status: string; p_code: string; p_message: string };
        Returns: string;
      };
      record_failed_sign_in: {
        Args: { p_email: string; p_email_digest: string; p_code: string; p_request_id: string; p_network: string };
        Returns: undefined;
      };
      record_history: { Args: { p_after: W["bigint"]; p_to: W["bigint"] }; Returns: undefined };
      record_queue_history: { Args: { p_samples: Json; p_at: W["time"] }; Returns: undefined };
      record_search: { Args: { p_user_id: string; p_model: string; p_tokens: W["bigint"] }; Returns: undefined };
      record_sign_up: {
        Args: { p_user_id: string; p_consent_version: string; p_request_id: string; p_network: string };
        Returns: undefined;
      };
      record_warnings: { Args: { p_job: W["other"]; p_warnings: Json }; Returns: undefined };
      redrive: { Args: { p_job_id: string }; Returns: boolean };
      redrive_all: {
        Args: {
          p_code?: string;
          p_user_id?: string;
          p_from?: W["time"];
          p_until?: W["time"];
          p_dry_run?: boolean;
          p_document_id?: string;
          p_selection?: string;
          p_limit?: number;
        };
        Returns: {
          job_count: W["bigint"];
          page_count: W["bigint"];
          jobs_of_unknown_length: W["bigint"];
          token_count: W["bigint"];
          cost_cents: W["numeric"];
          redriven_count: W["bigint"];
          selection: string;
        }[];
      };
      redrive_job: { Args: { p_job_id: string }; Returns: boolean };
      refilled: {
        Args: { p_provider: W["other"] };
        Returns: {
          provider: string;
          requests_per_minute: number;
          request_burst: number;
          tokens_per_minute: number;
          token_burst: number;
          request_level: number;
          token_level: number;
          refilled_at: W["time"];
          failure_count: number;
          open_count: number;
          fault: string | null;
          fault_count: number;
          opened_at: W["time"] | null;
          probe_at: W["time"] | null;
          code: string | null;
          message: string | null;
        };
      };
      refresh_statistics: { Args: never; Returns: string[] };
      refuse_delivery: { Args: { p_reason: string; p_request_id: string; p_network?: string }; Returns: undefined };
      refuse_settings: { Args: { p_faults: Json }; Returns: undefined };
      register_upload: {
        Args: {
          p_user_id: string;
          p_filename: string;
          p_mime: string;
          p_bytes_len: W["bigint"];
          p_sha256: string;
          p_ocr: boolean;
          p_request_id: string;
          p_network?: string;
          p_filename_full?: string;
          p_policy_id?: string;
        };
        Returns: {
          outcome: string;
          job_id: string;
          document_id: string;
          raw_path: string;
          filename: string;
          last_uploaded: W["time"];
          upload_expires_at: W["time"];
          limit_name: string;
          limit_value: W["bigint"];
          retry_after_seconds: number;
          reason: Json;
        };
      };
      reject: { Args: { p_job: W["other"]; p_code: string; p_message: string }; Returns: undefined };
      release_key: { Args: { p_user_id: string; p_key: string }; Returns: undefined };
      remove_endpoint: { Args: { p_name: string }; Returns: boolean };
      remove_if_orphaned: { Args: { p_path: string }; Returns: boolean };
      remove_late_upload: { Args: { p_document_id: string }; Returns: undefined };
      remove_orphans: { Args: never; Returns: W["bigint"] };
      reparse_document: {
        Args: {
          p_user_id: string;
          p_document_id: string;
          p_pages: number[];
          p_is_unread: boolean;
          p_ocr: boolean;
          p_request_id?: string;
          p_network?: string;
        };
        Returns: {
          outcome: string;
          job_id: string;
          status: string;
          pages: number[];
          page_count: number;
          limit_name: string;
          limit_value: W["bigint"];
          retry_after_seconds: number;
          reason: Json;
        };
      };
      reparse_pages: { Args: { p_job: W["other"]; p_output: Json }; Returns: string };
      requeue: { Args: { p_job_id: string }; Returns: undefined };
      require_account: { Args: { p_user_id: string }; Returns: undefined };
      require_caller: { Args: never; Returns: string };
      required_proof: { Args: { p_user_id: string }; Returns: { has_password: boolean; second_factor: boolean } };
      resend: { Args: { p_endpoint: string }; Returns: W["bigint"] };
      resend_notification: { Args: { p_delivery_no: W["bigint"] }; Returns: boolean };
      reserve: { Args: { p_provider: string; p_requests: number; p_tokens: number }; Returns: number };
      reserve_costs: { Args: { p_user_id: string; p_job_ids: string[] }; Returns: string[] };
      resolve_unclaimable: {
        Args: { p_stage: W["other"]; p_job_ids: string[]; p_msg_ids: W["bigint"][]; p_since: W["time"] };
        Returns: undefined;
      };
      resubmit: { Args: { p_job: W["other"]; p_code: string; p_message: string }; Returns: string };
      resume_stage: { Args: { p_stage: string }; Returns: boolean };
      retry: {
        Args: { p_job: W["other"]; p_code: string; p_message: string; p_after_seconds: number };
        Returns: undefined;
      };
      retry_all: {
        Args: {
          p_code?: string;
          p_user_id?: string;
          p_from?: W["time"];
          p_until?: W["time"];
          p_dry_run?: boolean;
          p_limit?: number;
        };
        Returns: { job_count: W["bigint"]; retried_count: W["bigint"] }[];
      };
      retry_job: {
        Args: { p_user_id: string; p_job_id: string; p_request_id?: string; p_network?: string };
        Returns: {
          outcome: string;
          limit_name: string;
          limit_value: W["bigint"];
          retry_after_seconds: number;
          reason: Json;
        };
      };
      retry_or_wait_out: {
        Args: { p_stage: W["other"]; p_job: W["other"]; p_settlement: W["other"] };
        Returns: undefined;
      };
      roll_up_events: { Args: never; Returns: W["bigint"] };
      rotate_endpoint_secret: { Args: { p_name: string; p_overlap?: string; p_secret?: string }; Returns: string };
      search_text: { Args: { p_headings: string; p_text: string; p_filename: string }; Returns: string } | {
        Args: { p_language: string; p_filename: string; p_context: string; p_text: string };
        Returns: string;
      };
      selection_digest: { Args: { p_job_ids: string[] }; Returns: string };
      send_messages: {
        Args: { p_stage: string; p_job_ids: string[]; p_delays: number[] };
        Returns: { msg_id: W["bigint"]; job_id: string; vt: W["time"] }[];
      };
      send_move: { Args: { p_user_id: string; p_document_id: string }; Returns: undefined };
      set_console_role: { Args: { p_email: string; p_role: string }; Returns: string };
      setting_columns: {
        Args: { p_setting: string };
        Returns: { column_name: string; ord: number; type: string; is_editable: boolean }[];
      };
      setting_faults: {
        Args: { p_setting: string; p_row: Json; p_columns: string[] };
        Returns: { column_name: string; fault: string }[];
      };
      setting_key: { Args: { p_setting: string }; Returns: string };
      setting_rules: {
        Args: { p_setting: string };
        Returns: { columns: W["other"]; rule: string; expression: string }[];
      };
      setting_value_fault: { Args: { p_setting: string; p_column: string; p_value: Json }; Returns: string };
      settle: { Args: { p_stage: W["other"]; p_settlements: W["other"] }; Returns: W["other"] };
      settle_and_continue: {
        Args: {
          p_stage: string;
          p_settlements: W["other"];
          p_run_id?: string;
          p_limit?: number;
          p_next_run_id?: string;
          p_settled_count?: number;
        };
        Returns: {
          settled: W["bigint"][];
          attempts: W["other"];
          next_stage: string;
          slots: number;
          lease_seconds: number;
          run_ended: boolean;
        };
      };
      skip_parser: { Args: { p_stage: W["other"]; p_job: W["other"]; p_output: Json }; Returns: string };
      spent_cents: { Args: never; Returns: W["numeric"] } | { Args: { p_user_id: string }; Returns: W["numeric"] };
      stage_lock: { Args: { p_stage: string }; Returns: W["bigint"] };
      stage_transitions_between: {
        Args: { p_after: W["bigint"]; p_to: W["bigint"] };
        Returns: { stage: string; document_id: string; entered_at: W["time"]; left_at: W["time"] }[];
      };
      stages_behind_open_circuit: { Args: never; Returns: string[] };
      start_processing: { Args: { p_raw_path: string }; Returns: boolean };
      start_run: {
        Args: { p_stage: string; p_run_id: string };
        Returns: { slots: number; lease_seconds: number; attempts: W["other"] }[];
      };
      storage_usage: {
        Args: { p_user_id: string; p_except_document_id?: string };
        Returns: { document_count: W["bigint"]; byte_count: W["bigint"] };
      };
      store_answer: { Args: { p_user_id: string; p_key: string; p_answer: Json }; Returns: undefined };
      store_chunks: {
        Args: { p_lease: W["other"]; p_output: W["other"]; p_resume: Json; p_done: number; p_total: number };
        Returns: boolean;
      };
      store_embeddings: {
        Args: { p_lease: W["other"]; p_model: string; p_chunk_ids: string[]; p_vectors: string[]; p_charges?: Json };
        Returns: boolean;
      };
      store_question_vector: {
        Args: { p_user_id: string; p_model: string; p_key: string; p_embedding: string };
        Returns: string;
      };
      sweep: { Args: never; Returns: number };
      take_metric_snapshot: { Args: never; Returns: undefined };
      try_claim: { Args: { p_stage: string; p_limit: number; p_run_id: string }; Returns: W["other"] };
      unembedded_chunks: {
        Args: { p_document_id: string; p_count: number };
        Returns: { chunk_id: string; text: string; tokens: number }[];
      };
      unread_pages: { Args: { p_warnings: Json; p_ocr: boolean }; Returns: number[] };
      user_budget_version: { Args: { p_user_id: string }; Returns: string };
      wake: { Args: { p_stage: string }; Returns: string };
      wake_isolation: { Args: never; Returns: string };
      wake_token: { Args: { p_secret: string; p_call: string }; Returns: string };
      webhook_summary: {
        Args: never;
        Returns: { last_delivery_at: W["time"]; deliveries_24h: W["bigint"]; refused_24h: W["bigint"] }[];
      };
      withdraw_notifications: { Args: { p_user_id?: string; p_document_id?: string }; Returns: undefined };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: {
      attempt: {
        msg_id: W["bigint"] | null;
        read_ct: number | null;
        job_id: string | null;
        document_id: string | null;
        user_id: string | null;
        mime: string | null;
        bytes_len: W["bigint"] | null;
        file_sha256: string | null;
        raw_path: string | null;
        original_path: string | null;
        is_verified: boolean | null;
        parsed_path: string | null;
        page_starts: number[] | null;
        ocr: boolean | null;
        resume: Json | null;
        attempt: number | null;
        correlation_id: string | null;
        lease_seconds: number | null;
      };
      chunk_of_output: {
        ord: number | null;
        page_from: number | null;
        page_to: number | null;
        page_offsets: number[] | null;
        heading_path: string[] | null;
        context: string | null;
        text: string | null;
        tokens: number | null;
      };
      chunk_output: {
        chunker_name: string | null;
        chunker_version: string | null;
        embed_model: string | null;
        language: string | null;
        title: string | null;
        first_ord: number | null;
        chunks: W["other"] | null;
      };
      cost: {
        day: W["time"] | null;
        purpose: string | null;
        model: string | null;
        user_id: string | null;
        quantity: W["bigint"] | null;
        credits: W["numeric"] | null;
        cents: W["numeric"] | null;
      };
      exported_row: { sort_key: string | null; data: Json | null };
      fetch_result_output: {
        parsed_path: string | null;
        parsed_sha256: string | null;
        page_starts: number[] | null;
        warnings: Json | null;
        submission_outcome: string | null;
        pages_to_reparse: number[] | null;
      };
      lease: { stage: string | null; msg_id: W["bigint"] | null; read_ct: number | null };
      parse_output: { submission_id: string | null; provider_job_id: string | null };
      settled: {
        job: W["other"] | null;
        leaves_stage: boolean | null;
        next_stage: string | null;
        delay_seconds: number | null;
      };
      settlement: {
        msg_id: W["bigint"] | null;
        read_ct: number | null;
        outcome: string | null;
        output: Json | null;
        code: string | null;
        message: string | null;
        after_seconds: number | null;
        fault: string | null;
        charges: Json | null;
      };
    };
  };
  pipeline_monitoring: {
    Tables: { [_ in never]: never };
    Views: {
      connections: {
        Row: {
          role: string | null;
          connection_count: W["bigint"] | null;
          used_count: W["numeric"] | null;
          allowed_count: number | null;
          used_percent: W["numeric"] | null;
        };
        Relationships: [];
      };
      console_roles: {
        Row: {
          user_id: string | null;
          email: string | null;
          role: string | null;
          is_in_force: boolean | null;
          last_sign_in_at: W["time"] | null;
        };
        Relationships: [];
      };
      costs: {
        Row: {
          day: W["time"] | null;
          purpose: string | null;
          model: string | null;
          quantity: W["numeric"] | null;
          credits: W["numeric"] | null;
          cost_cents: W["numeric"] | null;
        };
        Relationships: [];
      };
      database_calls: {
        Row: {
          waiting_count: W["bigint"] | null;
          answered_count: W["bigint"] | null;
          refused_count: W["bigint"] | null;
          unanswered_count: W["bigint"] | null;
          last_answer_at: W["time"] | null;
          last_failure: string | null;
          oldest_waiting_seconds: number | null;
        };
        Relationships: [];
      };
      dead_letter: {
        Row: {
          given_up_at: W["time"] | null;
          stage: string | null;
          code: string | null;
          message: string | null;
          failed_attempts: number | null;
          lost_attempts: number | null;
          job_id: string | null;
          document_id: string | null;
          user_id: string | null;
          filename: string | null;
          to_redrive: string | null;
        };
        Relationships: [];
      };
      document_warnings: {
        Row: {
          code: string | null;
          document_id: string | null;
          job_id: string | null;
          user_id: string | null;
          filename: string | null;
          status: string | null;
          page_count: number | null;
          pages: number[] | null;
          message: string | null;
          remedy: string | null;
          sentence: string | null;
          updated_at: W["time"] | null;
        };
        Relationships: [];
      };
      errors: {
        Row: {
          time_window: string | null;
          type: string | null;
          stage: string | null;
          code: string | null;
          event_count: W["bigint"] | null;
          last_at: W["time"] | null;
        };
        Relationships: [];
      };
      failed_database_calls: {
        Row: {
          call_id: W["bigint"] | null;
          answered_at: W["time"] | null;
          status_code: number | null;
          timed_out: boolean | null;
          message: string | null;
        };
        Relationships: [];
      };
      history: {
        Row: {
          step: string | null;
          since: W["time"] | null;
          stage: string | null;
          transition_count: number | null;
          p50_seconds: number | null;
          p95_seconds: number | null;
          failed_count: number | null;
          registered_count: number | null;
          message_count: number | null;
          oldest_due_seconds: number | null;
        };
        Relationships: [];
      };
      jobs: {
        Row: {
          status: string | null;
          state: string | null;
          code: string | null;
          waiting_for: string | null;
          is_user_queued: boolean | null;
          job_count: W["bigint"] | null;
          oldest_update_at: W["time"] | null;
          isolated_count: W["bigint"] | null;
          lost_attempts: W["bigint"] | null;
        };
        Relationships: [];
      };
      problems: {
        Row: {
          kind: string | null;
          subject: string | null;
          severity: string | null;
          since: W["time"] | null;
          summary: string | null;
        };
        Relationships: [];
      };
      providers: {
        Row: {
          provider: string | null;
          is_circuit_open: boolean | null;
          opened_at: W["time"] | null;
          probe_at: W["time"] | null;
          code: string | null;
          message: string | null;
          failure_count: number | null;
          request_capacity_percent: W["numeric"] | null;
          token_capacity_percent: W["numeric"] | null;
          circuit: string | null;
          fault: string | null;
          fault_count: number | null;
          requests_per_minute: number | null;
          request_burst: number | null;
          request_level: W["numeric"] | null;
          tokens_per_minute: number | null;
          token_burst: number | null;
          token_level: W["numeric"] | null;
        };
        Relationships: [];
      };
      queues: {
        Row: {
          stage: string | null;
          message_count: W["bigint"] | null;
          due_count: W["bigint"] | null;
          working_count: W["bigint"] | null;
          postponed_count: W["bigint"] | null;
          oldest_due_seconds: W["numeric"] | null;
          running_count: W["bigint"] | null;
          max_invocations: number | null;
          is_circuit_open: boolean | null;
          paused_at: W["time"] | null;
          paused_because: string | null;
        };
        Relationships: [];
      };
      runs: {
        Row: {
          stage: string | null;
          ending: string | null;
          run_count: W["bigint"] | null;
          settled_count: W["bigint"] | null;
          average_start_seconds: W["numeric"] | null;
        };
        Relationships: [];
      };
      schedules: {
        Row: {
          schedule: string | null;
          timing: string | null;
          is_active: boolean | null;
          last_started_at: W["time"] | null;
          last_success_at: W["time"] | null;
          seconds_since_success: W["numeric"] | null;
          failures_10min: W["bigint"] | null;
          failures_1h: W["bigint"] | null;
          last_failure: string | null;
          last_failure_at: W["time"] | null;
          runs_1h: W["bigint"] | null;
          last_seconds: number | null;
          p95_seconds_1h: number | null;
          is_running: boolean | null;
        };
        Relationships: [];
      };
      stage_latency: {
        Row: {
          stage: string | null;
          time_window: string | null;
          transition_count: W["bigint"] | null;
          per_minute: W["numeric"] | null;
          p50_seconds: W["numeric"] | null;
          p95_seconds: W["numeric"] | null;
          p99_seconds: W["numeric"] | null;
        };
        Relationships: [];
      };
      stages: {
        Row: {
          stage: string | null;
          position: W["bigint"] | null;
          provider: string | null;
          next_stage: string | null;
          paused_at: W["time"] | null;
          paused_because: string | null;
          slots: number | null;
          batch: number | null;
          max_invocations: number | null;
          lease_seconds: number | null;
          max_attempts: number | null;
        };
        Relationships: [];
      };
      stored_files: {
        Row: {
          kind: string | null;
          file_count: W["bigint"] | null;
          bytes: W["numeric"] | null;
          awaiting_cleanup_count: W["bigint"] | null;
        };
        Relationships: [];
      };
      tables: {
        Row: {
          table_name: string | null;
          table_bytes: W["bigint"] | null;
          index_bytes: W["bigint"] | null;
          estimated_rows: W["bigint"] | null;
          dead_rows: W["bigint"] | null;
          last_vacuum_at: W["time"] | null;
          last_autovacuum_at: W["time"] | null;
          last_analyze_at: W["time"] | null;
          vacuum_threshold: W["bigint"] | null;
          age_transactions: number | null;
          bloat_bytes: W["bigint"] | null;
        };
        Relationships: [];
      };
      unfinished_documents: {
        Row: {
          document_id: string | null;
          job_id: string | null;
          user_id: string | null;
          filename: string | null;
          status: string | null;
          state: string | null;
          stage: string | null;
          reason: string | null;
          cause: string | null;
          next_step_at: W["time"] | null;
          position: W["bigint"] | null;
          lost_count: number | null;
          mended_by: string | null;
          remedy: string | null;
          sentence: string | null;
        };
        Relationships: [];
      };
      usage: {
        Row: {
          user_id: string | null;
          document_count: W["bigint"] | null;
          complete_count: W["bigint"] | null;
          failed_count: W["bigint"] | null;
          active_count: W["bigint"] | null;
          user_queued_count: W["bigint"] | null;
          bytes: W["numeric"] | null;
          registered_24h_count: W["bigint"] | null;
          last_registered_at: W["time"] | null;
          parsed_page_count: W["numeric"] | null;
          embedded_token_count: W["numeric"] | null;
          cost_cents: W["numeric"] | null;
          cost_cents_this_month: W["numeric"] | null;
        };
        Relationships: [];
      };
      webhooks: {
        Row: {
          time_window: string | null;
          submitted_count: W["bigint"] | null;
          awaited_count: W["bigint"] | null;
          missing_count: W["bigint"] | null;
          late_count: W["bigint"] | null;
          p50_seconds: W["numeric"] | null;
          p95_seconds: W["numeric"] | null;
          delivery_count: W["bigint"] | null;
          refused_count: W["bigint"] | null;
          last_delivery_at: W["time"] | null;
        };
        Relationships: [];
      };
    };
    Functions: {
      dead_letter_reasons: {
        Args: { p_code?: string; p_user_id?: string; p_from?: W["time"]; p_until?: W["time"] };
        Returns: {
          code: string;
          error_class: string;
          mended_by: string;
          remedy: string;
          document_count: W["bigint"];
          user_count: W["bigint"];
          oldest_at: W["time"];
          newest_at: W["time"];
          stages: string[];
          example_document_id: string;
          example_message: string;
        }[];
      };
      document_costs: {
        Args: { p_document_id: string };
        Returns: {
          day: W["time"];
          purpose: string;
          model: string;
          quantity: W["bigint"];
          credits: W["numeric"];
          cost_cents: W["numeric"];
        }[];
      };
      document_history: {
        Args: { p_document_id: string };
        Returns: {
          at: W["time"];
          kind: string;
          what: string;
          stage: string;
          attempt: number;
          code: string;
          detail: string;
          request_id: string;
          run_id: string;
          id: string;
          until: W["time"];
        }[];
      };
      document_rows: {
        Args: { p_document_ids: string[] };
        Returns: {
          document_id: string;
          job_id: string;
          user_id: string;
          filename: string;
          filename_full: string;
          mime: string;
          bytes_len: W["bigint"];
          page_count: number;
          chunk_count: number;
          language: string;
          ocr: boolean;
          warning_codes: string[];
          status: string;
          state: string;
          stage: string;
          is_user_queued: boolean;
          waiting_for: string;
          code: string;
          message: string;
          reference: string;
          attempt_count: number;
          max_attempts: number;
          retry_count: number;
          lost_count: number;
          is_isolated: boolean;
          next_attempt_at: W["time"];
          request_id: string;
          created_at: W["time"];
          updated_at: W["time"];
          finished_at: W["time"];
        }[];
      };
      explain_document: {
        Args: { p_document_id: string };
        Returns: {
          reason: string;
          mended_by: string;
          next_step_at: W["time"];
          queue_position: W["bigint"];
          remedy: string;
          sentence: string;
        }[];
      };
      explain_unfinished: {
        Args: { p_document_id?: string };
        Returns: {
          document_id: string;
          job_id: string;
          user_id: string;
          filename: string;
          status: string;
          state: string;
          stage: string;
          reason: string;
          cause: string;
          next_step_at: W["time"];
          position: W["bigint"];
          lost_count: number;
          mended_by: string;
          remedy: string;
          sentence: string;
        }[];
      };
      find_document: { Args: { p_id: string }; Returns: string };
      find_user: { Args: { p_user: string }; Returns: string };
      lost_messages: { Args: never; Returns: string[] };
      matching_documents: {
        Args: { p_filter: W["other"]; p_before: W["time"]; p_before_id: string; p_limit: number };
        Returns: { document_id: string; created_at: W["time"] }[];
      };
      queue_depths: {
        Args: never;
        Returns: { stage: string; message_count: W["bigint"]; due_count: W["bigint"]; oldest_due_seconds: number }[];
      };
      schedule_runs: {
        Args: never;
        Returns: {
          schedule: string;
          timing: string;
          is_active: boolean;
          last_started_at: W["time"];
          last_success_at: W["time"];
          failures_10min: W["bigint"];
          failures_1h: W["bigint"];
          last_failure: string;
          last_failure_at: W["time"];
          runs_1h: W["bigint"];
          last_seconds: number;
          p95_seconds_1h: number;
          is_running: boolean;
        }[];
      };
      table_statistics: {
        Args: never;
        Returns: {
          table_name: string;
          table_bytes: W["bigint"];
          index_bytes: W["bigint"];
          estimated_rows: W["bigint"];
          dead_rows: W["bigint"];
          vacuum_threshold: W["bigint"];
          last_vacuum_at: W["time"];
          last_autovacuum_at: W["time"];
          last_analyze_at: W["time"];
          age_transactions: number;
          bloat_bytes: W["bigint"];
        }[];
      };
      vacuum_blockers: {
        Args: never;
        Returns: {
          kind: string;
          name: string;
          role: string;
          state: string;
          since: W["time"];
          age_transactions: W["bigint"];
          retained_bytes: W["bigint"];
          remedy: string;
        }[];
      };
      waiting_reasons: {
        Args: { p_code?: string; p_user_id?: string; p_from?: W["time"]; p_until?: W["time"] };
        Returns: {
          code: string;
          document_count: W["bigint"];
          user_count: W["bigint"];
          next_at: W["time"];
          last_at: W["time"];
          stages: string[];
          example_document_id: string;
          example_message: string;
        }[];
      };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: {
      document_filter: {
        status: string | null;
        state: string | null;
        code: string | null;
        warning: string | null;
        user_id: string | null;
        name: string | null;
        created_from: W["time"] | null;
        created_until: W["time"] | null;
        updated_from: W["time"] | null;
        updated_until: W["time"] | null;
      };
    };
  };
  pipeline_console: {
    Tables: { [_ in never]: never };
    Views: { [_ in never]: never };
    Functions: {
      alert_rules: {
        Args: never;
        Returns: {
          rule: string;
          severity: string;
          summary: string;
          threshold: number;
          for_seconds: number;
          keep_firing_seconds: number;
          is_enabled: boolean;
          last_error: string;
          is_open: boolean;
          opened_30d: W["bigint"];
          last_opened_at: W["time"];
          highest_value: number;
        }[];
      };
      alert_summary: {
        Args: never;
        Returns: {
          critical_count: W["bigint"];
          warning_count: W["bigint"];
          evaluated_at: W["time"];
          read_at: W["time"];
          disabled_rules: string[];
          broken_rules: string[];
        }[];
      };
      alerts: {
        Args: {
          p_is_open?: boolean;
          p_rule?: string;
          p_severity?: string;
          p_before_at?: W["time"];
          p_before_id?: string;
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
          current_value: number;
          opened_at: W["time"];
          closed_at: W["time"];
        }[];
      };
      audit_entries: {
        Args: {
          p_action?: string;
          p_actor?: string;
          p_user_id?: string;
          p_operator_id?: string;
          p_subject_id?: string;
          p_from?: W["time"];
          p_to?: W["time"];
          p_before_at?: W["time"];
          p_before_no?: W["bigint"];
          p_limit?: number;
        };
        Returns: {
          audit_no: W["bigint"];
          happened_at: W["time"];
          action: string;
          actor: string;
          database_role: string;
          operator_id: string;
          operator_email: string;
          user_id: string;
          subject_id: string;
          request_id: string;
          network: string;
          email_digest: string;
          details: Json;
          account_gone_at: W["time"];
        }[];
      };
      audit_filters: { Args: never; Returns: { actors: string[]; actions: string[]; operators: Json }[] };
      budget: {
        Args: never;
        Returns: {
          month: W["time"];
          resets_at: W["time"];
          budget_cents: W["numeric"];
          spent_cents: W["numeric"];
          reserved_cents: W["numeric"];
          budget_cents_per_user: W["numeric"];
        }[];
      };
      callback_hours: {
        Args: { p_hours?: number };
        Returns: {
          since: W["time"];
          submitted_count: W["bigint"];
          delivery_count: W["bigint"];
          refused_count: W["bigint"];
        }[];
      };
      callback_refusals: {
        Args: never;
        Returns: { reason: string; refused_count: W["bigint"]; network_count: W["bigint"]; last_at: W["time"] }[];
      };
      callback_summary: {
        Args: never;
        Returns: {
          last_delivery_at: W["time"];
          deliveries_24h: W["bigint"];
          refused_24h: W["bigint"];
          submitted_1h: W["bigint"];
          awaited_1h: W["bigint"];
          missing_1h: W["bigint"];
          late_1h: W["bigint"];
          p50_seconds: W["numeric"];
          p95_seconds: W["numeric"];
        }[];
      };
      callbacks: {
        Args: { p_state?: string; p_before_at?: W["time"]; p_before_id?: string; p_limit?: number };
        Returns: {
          submission_id: string;
          job_id: string;
          document_id: string;
          submitted_at: W["time"];
          finished_at: W["time"];
          outcome: string;
          poll_count: number;
          state: string;
          event_type: string;
          received_at: W["time"];
          seconds: W["numeric"];
        }[];
      };
      change_alert_rule: { Args: { p_rule: string; p_threshold?: number; p_is_enabled?: boolean }; Returns: undefined };
      change_settings: { Args: { p_setting: string; p_changes: Json; p_row?: string }; Returns: undefined };
      change_user_budget: {
        Args: { p_user_id: string; p_kind: string; p_version: string; p_monthly_cents?: W["numeric"] };
        Returns: undefined;
      };
      connections: {
        Args: never;
        Returns: { role: string; connection_count: W["bigint"]; used_count: W["numeric"]; allowed_count: number }[];
      };
      cost_days: {
        Args: { p_days?: number };
        Returns: {
          day: W["time"];
          purpose: string;
          model: string;
          quantity: W["numeric"];
          credits: W["numeric"];
          cents: W["numeric"];
        }[];
      };
      cost_documents: {
        Args: {
          p_user_id?: string;
          p_days?: number;
          p_before_cents?: W["numeric"];
          p_before_id?: string;
          p_limit?: number;
        };
        Returns: {
          document_id: string;
          user_id: string;
          filename: string;
          page_count: number;
          cents: W["numeric"];
          charge_count: W["bigint"];
          last_day: W["time"];
        }[];
      };
      cost_expectation: {
        Args: { p_count?: number };
        Returns: {
          document_count: W["bigint"];
          by_size_cents: W["numeric"];
          by_pages_cents: W["numeric"];
          charged_cents: W["numeric"];
          bytes_per_page: W["numeric"];
          expected_bytes_per_page: number;
        }[];
      };
      cost_users: {
        Args: { p_month?: W["time"]; p_before_cents?: W["numeric"]; p_before_id?: string; p_limit?: number };
        Returns: {
          user_id: string;
          cents: W["numeric"];
          pages: W["numeric"];
          tokens: W["numeric"];
          budget_cents: W["numeric"];
        }[];
      };
      database_calls: {
        Args: never;
        Returns: {
          waiting_count: W["bigint"];
          oldest_waiting_seconds: number;
          answered_count: W["bigint"];
          refused_count: W["bigint"];
          unanswered_count: W["bigint"];
          last_answer_at: W["time"];
        }[];
      };
      document: {
        Args: { p_id: string };
        Returns: {
          document_id: string;
          job_id: string;
          user_id: string;
          filename: string;
          filename_full: string;
          mime: string;
          bytes_len: W["bigint"];
          page_count: number;
          chunk_count: number;
          language: string;
          ocr: boolean;
          status: string;
          state: string;
          stage: string;
          code: string;
          message: string;
          reference: string;
          attempt_count: number;
          max_attempts: number;
          retry_count: number;
          lost_count: number;
          is_isolated: boolean;
          request_id: string;
          created_at: W["time"];
          updated_at: W["time"];
          finished_at: W["time"];
          reason: string;
          mended_by: string;
          next_step_at: W["time"];
          queue_position: W["bigint"];
          remedy: string;
          sentence: string;
          read_at: W["time"];
        }[];
      };
      document_costs: {
        Args: { p_document_id: string };
        Returns: {
          day: W["time"];
          purpose: string;
          model: string;
          quantity: W["bigint"];
          credits: W["numeric"];
          cost_cents: W["numeric"];
        }[];
      };
      document_count: {
        Args: {
          p_status?: string;
          p_state?: string;
          p_code?: string;
          p_warning?: string;
          p_user_id?: string;
          p_name?: string;
          p_created_from?: W["time"];
          p_created_until?: W["time"];
          p_updated_from?: W["time"];
          p_updated_until?: W["time"];
        };
        Returns: { document_count: W["bigint"]; has_more: boolean }[];
      };
      document_history: {
        Args: { p_document_id: string };
        Returns: {
          at: W["time"];
          kind: string;
          what: string;
          stage: string;
          attempt: number;
          code: string;
          detail: string;
          request_id: string;
          run_id: string;
          id: string;
          until: W["time"];
        }[];
      };
      document_warnings: {
        Args: { p_document_id: string };
        Returns: { code: string; message: string; pages: number[]; remedy: string }[];
      };
      documents: {
        Args: {
          p_status?: string;
          p_state?: string;
          p_code?: string;
          p_warning?: string;
          p_user_id?: string;
          p_name?: string;
          p_created_from?: W["time"];
          p_created_until?: W["time"];
          p_updated_from?: W["time"];
          p_updated_until?: W["time"];
          p_before?: W["time"];
          p_before_id?: string;
          p_limit?: number;
        };
        Returns: {
          document_id: string;
          user_id: string;
          filename: string;
          bytes_len: W["bigint"];
          page_count: number;
          status: string;
          state: string;
          stage: string;
          is_user_queued: boolean;
          waiting_for: string;
          code: string;
          warning_codes: string[];
          retry_count: number;
          created_at: W["time"];
          updated_at: W["time"];
        }[];
      };
      enable_endpoint: { Args: { p_endpoint: string; p_is_enabled: boolean }; Returns: undefined };
      endpoints: {
        Args: never;
        Returns: {
          name: string;
          host: string;
          format: string;
          events: string[];
          is_enabled: boolean;
          created_at: W["time"];
          previous_secret_until: W["time"];
          waiting_count: W["bigint"];
          given_up_count: W["bigint"];
          next_attempt_at: W["time"];
          last_delivered_at: W["time"];
          last_error: string;
        }[];
      };
      failed_database_calls: {
        Args: never;
        Returns: {
          call_id: W["bigint"];
          answered_at: W["time"];
          status_code: number;
          timed_out: boolean;
          message: string;
        }[];
      };
      failures: {
        Args: { p_code?: string; p_user_id?: string; p_from?: W["time"]; p_until?: W["time"] };
        Returns: {
          code: string;
          error_class: string;
          mended_by: string;
          remedy: string;
          document_count: W["bigint"];
          user_count: W["bigint"];
          oldest_at: W["time"];
          newest_at: W["time"];
          stages: string[];
          example_document_id: string;
          example_message: string;
        }[];
      };
      find_user: { Args: { p_user: string }; Returns: string };
      notifications: {
        Args: { p_endpoint?: string; p_type?: string; p_outcome?: string; p_before_no?: W["bigint"]; p_limit?: number };
        Returns: {
          delivery_no: W["bigint"];
          message_id: string;
          endpoint: string;
          is_endpoint_enabled: boolean;
          type: string;
          outcome: string;
          created_at: W["time"];
          attempt_count: number;
          next_attempt_at: W["time"];
          delivered_at: W["time"];
          given_up_at: W["time"];
          last_status: number;
          last_error: string;
          document_id: string;
        }[];
      };
      overview: {
        Args: never;
        Returns: {
          active_count: W["bigint"];
          user_queued_count: W["bigint"];
          awaiting_count: W["bigint"];
          dead_letter_count: W["bigint"];
          oldest_document_id: string;
          oldest_filename: string;
          oldest_status: string;
          oldest_since: W["time"];
          cost_today_cents: W["numeric"];
          cost_month_cents: W["numeric"];
          budget_month_cents: W["numeric"];
          counted_to: W["bigint"];
        }[];
      };
      overview_history: {
        Args: { p_range?: string };
        Returns: {
          stage: string;
          since: W["time"];
          step_seconds: number;
          transition_counts: number[];
          p50_seconds: W["other"];
          p95_seconds: W["other"];
          failed_counts: number[];
          registered_counts: number[];
          message_counts: number[];
          oldest_due_seconds: W["other"];
        }[];
      };
      overview_problems: {
        Args: never;
        Returns: { kind: string; subject: string; severity: string; since: W["time"]; summary: string }[];
      };
      overview_stages: {
        Args: never;
        Returns: {
          stage: string;
          message_count: W["bigint"];
          due_count: W["bigint"];
          working_count: W["bigint"];
          oldest_due_seconds: W["numeric"];
          running_count: W["bigint"];
          max_invocations: number;
          is_circuit_open: boolean;
          paused_at: W["time"];
          transition_count: W["bigint"];
          p50_seconds: W["numeric"];
          p95_seconds: W["numeric"];
        }[];
      };
      pause_stage: { Args: { p_stage: string; p_reason: string }; Returns: undefined };
      prices: {
        Args: never;
        Returns: {
          unit: string;
          model: string;
          cents: W["numeric"];
          credits: W["numeric"];
          is_expected: boolean;
          source: string;
        }[];
      };
      probe_provider: { Args: { p_provider: string }; Returns: W["bigint"] };
      providers: {
        Args: never;
        Returns: {
          provider: string;
          circuit: string;
          opened_at: W["time"];
          probe_at: W["time"];
          fault: string;
          fault_count: number;
          failure_count: number;
          code: string;
          message: string;
          requests_per_minute: number;
          request_burst: number;
          request_level: W["numeric"];
          tokens_per_minute: number;
          token_burst: number;
          token_level: W["numeric"];
          stages: string[];
          paused_stages: string[];
          due_count: W["numeric"];
          postponed_count: W["numeric"];
          read_at: W["time"];
        }[];
      };
      pulse: { Args: never; Returns: string };
      redrive: {
        Args: {
          p_code?: string;
          p_user_id?: string;
          p_from?: W["time"];
          p_until?: W["time"];
          p_document_id?: string;
          p_selection?: string;
          p_dry_run?: boolean;
        };
        Returns: {
          document_count: W["bigint"];
          page_count: W["bigint"];
          documents_of_unknown_length: W["bigint"];
          token_count: W["bigint"];
          cost_cents: W["numeric"];
          redriven_count: W["bigint"];
          selection: string;
          asked_at: W["time"];
        }[];
      };
      resend_notification: { Args: { p_delivery_no: W["bigint"] }; Returns: boolean };
      resend_notifications: {
        Args: { p_endpoint: string; p_dry_run?: boolean };
        Returns: { given_up_count: W["bigint"]; waiting_count: W["bigint"] }[];
      };
      resume_stage: { Args: { p_stage: string }; Returns: undefined };
      retry_document: { Args: { p_document_id: string }; Returns: string };
      retry_waiting: {
        Args: { p_code?: string; p_user_id?: string; p_from?: W["time"]; p_until?: W["time"]; p_dry_run?: boolean };
        Returns: { document_count: W["bigint"]; retried_count: W["bigint"]; asked_at: W["time"] }[];
      };
      schedules: {
        Args: never;
        Returns: {
          schedule: string;
          timing: string;
          is_active: boolean;
          is_running: boolean;
          last_started_at: W["time"];
          last_success_at: W["time"];
          last_seconds: number;
          p95_seconds_1h: number;
          runs_1h: W["bigint"];
          failures_1h: W["bigint"];
          last_failure: string;
          last_failure_at: W["time"];
          read_at: W["time"];
        }[];
      };
      set_price: {
        Args: { p_unit: string; p_model: string; p_cents: W["numeric"]; p_source: string; p_credits?: W["numeric"] };
        Returns: undefined;
      };
      setting_changes: {
        Args: { p_setting: string; p_limit?: number };
        Returns: {
          happened_at: W["time"];
          operator: string;
          row_key: string;
          columns: string[];
          before: Json;
          after: Json;
        }[];
      };
      settings: {
        Args: { p_setting: string };
        Returns: {
          row_key: string;
          column_name: string;
          type: string;
          value: Json;
          default_value: Json;
          description: string;
          rules: string[];
          choices: string[];
          is_editable: boolean;
          is_nullable: boolean;
          version: string;
        }[];
      };
      stage_errors: {
        Args: { p_time_window?: string };
        Returns: { stage: string; type: string; code: string; event_count: W["bigint"]; last_at: W["time"] }[];
      };
      stage_runs: {
        Args: never;
        Returns: {
          stage: string;
          ending: string;
          run_count: W["bigint"];
          settled_count: W["bigint"];
          average_start_seconds: W["numeric"];
        }[];
      };
      stages: {
        Args: { p_time_window?: string };
        Returns: {
          stage: string;
          position: W["bigint"];
          provider: string;
          next_stage: string;
          is_circuit_open: boolean;
          paused_at: W["time"];
          paused_because: string;
          due_count: W["bigint"];
          working_count: W["bigint"];
          postponed_count: W["bigint"];
          oldest_due_seconds: W["numeric"];
          running_count: W["bigint"];
          max_invocations: number;
          slots: number;
          batch: number;
          lease_seconds: number;
          max_attempts: number;
          transition_count: W["bigint"];
          per_minute: W["numeric"];
          p50_seconds: W["numeric"];
          p95_seconds: W["numeric"];
        }[];
      };
      support_users: {
        Args: { p_limit?: number };
        Returns: { user_id: string; email: string; granted_at: W["time"]; until: W["time"]; documents: W["bigint"] }[];
      };
      tables: {
        Args: never;
        Returns: {
          table_name: string;
          table_bytes: W["bigint"];
          index_bytes: W["bigint"];
          estimated_rows: W["bigint"];
          dead_rows: W["bigint"];
          vacuum_threshold: W["bigint"];
          bloat_bytes: W["bigint"];
          last_vacuum_at: W["time"];
          last_autovacuum_at: W["time"];
          last_analyze_at: W["time"];
          age_transactions: number;
        }[];
      };
      try_search: {
        Args: {
          p_user_id: string;
          p_question: string;
          p_question_key?: string;
          p_mode?: string;
          p_k?: number;
          p_document_ids?: string[];
          p_min_score?: number;
          p_min_similarity?: number;
          p_max_per_document?: number;
          p_weight_words?: number;
          p_weight_meaning?: number;
          p_language?: string;
          p_explain_chunk_id?: string;
        };
        Returns: Json;
      };
      user_budgets: {
        Args: { p_user?: string; p_after?: string; p_limit?: number };
        Returns: {
          user_id: string;
          kind: string;
          monthly_cents: W["numeric"];
          spent_cents: W["numeric"];
          reserved_cents: W["numeric"];
          version: string;
        }[];
      };
      vacuum_blockers: {
        Args: never;
        Returns: {
          kind: string;
          name: string;
          role: string;
          state: string;
          since: W["time"];
          age_transactions: W["bigint"];
          retained_bytes: W["bigint"];
          remedy: string;
          read_at: W["time"];
        }[];
      };
      waiting: {
        Args: { p_code?: string; p_user_id?: string; p_from?: W["time"]; p_until?: W["time"] };
        Returns: {
          code: string;
          document_count: W["bigint"];
          user_count: W["bigint"];
          next_at: W["time"];
          last_at: W["time"];
          stages: string[];
          example_document_id: string;
          example_message: string;
        }[];
      };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
}
