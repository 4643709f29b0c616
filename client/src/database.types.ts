// Written by npm run generate from the grants of a database that the migrations have built. Change those, not this file.
import type { LastError, Warning } from "./answers.ts";
import type { State, Status, WaitingCode } from "./vocabulary.ts";

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/**
 * What signed-in users may read of the pipeline through the Data API, each their own rows: `createClient<Database>(…)`.
 * All writes go through the pipeline's API.
 */
export type Database = {
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
          embedded_at: string;
          search_text: string;
          created_at: string;
        };
        Insert: never;
        Update: never;
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
          bytes_len: number;
          file_sha256: string;
          raw_path: string;
          original_path: string;
          verified_at: string | null;
          parsed_path: string | null;
          parsed_sha256: string | null;
          page_count: number | null;
          page_starts: number[] | null;
          chunk_count: number;
          title: string | null;
          language: string | null;
          warnings: Warning[];
          created_at: string;
          updated_at: string;
          policy_id: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      events: {
        Row: {
          event_no: number;
          event_id: string;
          document_id: string;
          job_id: string;
          user_id: string;
          type: string;
          status: Status;
          stage: string | null;
          code: string | null;
          message: string | null;
          attempt: number | null;
          correlation_id: string | null;
          run_id: string | null;
          claimed_at: string | null;
          created_at: string;
        };
        Insert: never;
        Update: never;
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
          event_no: number;
          document_ids: string[];
          is_sent: boolean;
          created_at: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      statuses: {
        Row: {
          status: Status;
          stage_pct: number;
          total_pct: number;
          meaning: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      upload_jobs: {
        Row: {
          job_id: string;
          document_id: string;
          user_id: string;
          status: Status;
          state: State;
          stage: string | null;
          message_id: number | null;
          user_queued_at: string | null;
          waiting_for: WaitingCode | null;
          attempt_count: number;
          lost_count: number;
          unexplained_count: number;
          is_isolated: boolean;
          retry_count: number;
          next_attempt_at: string | null;
          last_error: LastError | null;
          units_done: number;
          units_total: number;
          ocr: boolean;
          pages_to_read: number[] | null;
          is_page_reparse: boolean;
          resume: Json | null;
          correlation_id: string | null;
          run_id: string | null;
          upload_expires_at: string | null;
          counted_at: string;
          claimed_at: string | null;
          finished_at: string | null;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: never;
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
          document_id: string;
          user_id: string;
          filename: string;
          filename_full: string;
          policy_id: string | null;
          mime: string;
          bytes_len: number;
          job_id: string;
          status: Status;
          state: State;
          stage_pct: number;
          total_pct: number;
          retry_count: number;
          next_attempt_at: string | null;
          waiting_for: WaitingCode | null;
          queue_position: number | null;
          last_error: LastError | null;
          warnings: Warning[];
          title: string | null;
          created_at: string;
          updated_at: string;
        };
        Relationships: [];
      };
    };
    Functions: {
      allow_support_access: { Args: { p_days: number }; Returns: string };
      consent: {
        Args: Record<never, never>;
        Returns: {
          consent_version: string | null;
          consented_at: string | null;
          required_version: string | null;
          is_missing: boolean | null;
        }[];
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
          chunk_id: string | null;
          document_id: string | null;
          filename: string | null;
          chunk_ord: number | null;
          page: number | null;
          page_from: number | null;
          page_to: number | null;
          heading_path: string[] | null;
          content: string | null;
          highlights: Json | null;
          score: number | null;
          similarity: number | null;
          text_score: number | null;
          vector_rank: number | null;
          text_rank: number | null;
          duplicates: Json | null;
          neighbours: Json | null;
          explanation: Json | null;
        }[];
      };
      support_access: {
        Args: Record<never, never>;
        Returns: { granted_at: string | null; until: string | null; is_in_force: boolean | null; uses: Json | null }[];
      };
      withdraw_support_access: { Args: Record<never, never>; Returns: boolean };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: { [_ in never]: never };
  };
};
