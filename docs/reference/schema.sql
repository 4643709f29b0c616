-- What the database holds when every migration is applied: the current truth of each table, type, function, view and grant.
-- Written by npm run generate; pg_dump wrote the statements. Each object has what belongs to it beside it: comments,
-- constraints, indexes, triggers, policies and grants. It is for reading: change a migration, not this file.

CREATE SCHEMA upload_pipeline;
COMMENT ON SCHEMA upload_pipeline IS 'Documents with their jobs, chunks and events. The Data API exposes this schema; row-level security shows each user their own rows.';
GRANT USAGE ON SCHEMA upload_pipeline TO authenticated;
GRANT USAGE ON SCHEMA upload_pipeline TO service_role;

CREATE TABLE upload_pipeline.document_chunks (
    chunk_id uuid NOT NULL,
    document_id uuid NOT NULL,
    user_id uuid NOT NULL,
    chunker_name text NOT NULL,
    chunker_version text NOT NULL,
    chunk_ord integer NOT NULL,
    page_from integer,
    page_to integer,
    page_offsets integer[] DEFAULT '{}'::integer[] NOT NULL,
    heading_path text[] DEFAULT '{}'::text[] NOT NULL,
    text text NOT NULL,
    context text DEFAULT ''::text NOT NULL,
    chunk_sha text NOT NULL,
    token_count integer NOT NULL,
    embed_model text NOT NULL,
    embedding extensions.halfvec(1536) NOT NULL,
    embedding_signs bit(1536) GENERATED ALWAYS AS ((extensions.binary_quantize(embedding))::bit(1536)) STORED,
    embedded_at timestamp with time zone NOT NULL,
    search_text tsvector NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT document_chunks_chunk_ord_check CHECK ((chunk_ord >= 0)),
    CONSTRAINT document_chunks_chunk_sha_check CHECK ((chunk_sha ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT document_chunks_page_from_check CHECK ((page_from > 0)),
    CONSTRAINT document_chunks_text_check CHECK ((text <> ''::text)),
    CONSTRAINT document_chunks_token_count_check CHECK ((token_count > 0)),
    CONSTRAINT pages_are_a_range CHECK ((((page_from IS NULL) = (page_to IS NULL)) AND (page_to >= page_from) AND (cardinality(page_offsets) = COALESCE(((page_to - page_from) + 1), 0))))
)
WITH (toast_tuple_target='4080', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_vacuum_insert_threshold='500', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='500', autovacuum_analyze_scale_factor='0.02', autovacuum_vacuum_cost_limit='2000');
ALTER TABLE ONLY upload_pipeline.document_chunks ALTER COLUMN embedding SET STORAGE PLAIN;
COMMENT ON TABLE upload_pipeline.document_chunks IS 'The active version, which answers searches. Each row is written once, complete. chunk_id = UUIDv5(namespace, document_id:chunker_name:chunker_version:chunk_sha:n), where n counts, from 0, the chunks of the document that embed the same text.';
ALTER TABLE ONLY upload_pipeline.document_chunks
    ADD CONSTRAINT document_chunks_pkey PRIMARY KEY (chunk_id);
ALTER TABLE ONLY upload_pipeline.document_chunks
    ADD CONSTRAINT document_chunks_document_id_user_id_fkey FOREIGN KEY (document_id, user_id) REFERENCES upload_pipeline.documents(document_id, user_id) ON DELETE CASCADE;
ALTER TABLE upload_pipeline.document_chunks ENABLE ROW LEVEL SECURITY;
CREATE POLICY "owners read their chunks" ON upload_pipeline.document_chunks FOR SELECT TO authenticated USING ((user_id = ( SELECT pipeline_access.caller_id() AS caller_id)));
GRANT SELECT ON TABLE upload_pipeline.document_chunks TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.document_chunks TO service_role;

CREATE TABLE upload_pipeline.documents (
    document_id uuid NOT NULL,
    user_id uuid NOT NULL,
    filename text NOT NULL,
    filename_full text,
    mime text NOT NULL,
    bytes_len bigint NOT NULL,
    file_sha256 text NOT NULL,
    raw_path text NOT NULL,
    original_path text NOT NULL,
    verified_at timestamp with time zone,
    parsed_path text,
    parsed_sha256 text,
    page_count integer,
    page_starts integer[],
    chunk_count integer DEFAULT 0 NOT NULL,
    title text,
    language text,
    warnings jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    policy_id text,
    CONSTRAINT documents_bytes_len_check CHECK ((bytes_len > 0)),
    CONSTRAINT documents_chunk_count_check CHECK ((chunk_count >= 0)),
    CONSTRAINT documents_file_sha256_check CHECK ((file_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT documents_filename_check CHECK (((char_length(filename) >= 1) AND (char_length(filename) <= 120))),
    CONSTRAINT documents_filename_full_check CHECK (((char_length(filename_full) >= 121) AND (char_length(filename_full) <= 1000))),
    CONSTRAINT documents_language_check CHECK ((language ~ '^[a-z]{2}$'::text)),
    CONSTRAINT documents_page_count_check CHECK ((page_count > 0)),
    CONSTRAINT documents_parsed_sha256_check CHECK ((parsed_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT documents_policy_id_check CHECK ((char_length(policy_id) <= 128)),
    CONSTRAINT documents_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 300))),
    CONSTRAINT documents_warnings_check CHECK ((jsonb_typeof(warnings) = 'array'::text))
);
COMMENT ON TABLE upload_pipeline.documents IS 'One row for each content that a user has registered. document_id = UUIDv5(namespace, user_id:sha256).';
ALTER TABLE ONLY upload_pipeline.documents
    ADD CONSTRAINT documents_document_id_user_id_key UNIQUE (document_id, user_id);
ALTER TABLE ONLY upload_pipeline.documents
    ADD CONSTRAINT documents_original_path_key UNIQUE (original_path);
ALTER TABLE ONLY upload_pipeline.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY upload_pipeline.documents
    ADD CONSTRAINT documents_raw_path_key UNIQUE (raw_path);
CREATE CONSTRAINT TRIGGER broadcast_deletion AFTER DELETE ON upload_pipeline.documents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (pipeline_internal.note_move(old.user_id, old.document_id)) EXECUTE FUNCTION pipeline_internal.send_moves();
CREATE CONSTRAINT TRIGGER broadcast_warnings AFTER UPDATE ON upload_pipeline.documents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
        CASE
            WHEN (old.warnings <> new.warnings) THEN pipeline_internal.note_move(new.user_id, new.document_id)
            ELSE false
        END) EXECUTE FUNCTION pipeline_internal.send_moves();
CREATE TRIGGER call_cleanup_at_once AFTER DELETE ON upload_pipeline.documents FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.call_cleanup();
CREATE TRIGGER cancel_file_cleanups BEFORE INSERT ON upload_pipeline.documents FOR EACH ROW EXECUTE FUNCTION pipeline_internal.on_document_created();
CREATE TRIGGER detach_charges AFTER DELETE ON upload_pipeline.documents REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.on_documents_deleted();
CREATE TRIGGER notify_document_deleted AFTER DELETE ON upload_pipeline.documents FOR EACH ROW EXECUTE FUNCTION pipeline_internal.notify_document_deleted();
CREATE TRIGGER queue_file_cleanups BEFORE DELETE ON upload_pipeline.documents FOR EACH ROW EXECUTE FUNCTION pipeline_internal.on_document_deleted();
ALTER TABLE ONLY upload_pipeline.documents
    ADD CONSTRAINT documents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE upload_pipeline.documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY "owners read their documents" ON upload_pipeline.documents FOR SELECT TO authenticated USING ((user_id = ( SELECT pipeline_access.caller_id() AS caller_id)));
GRANT SELECT ON TABLE upload_pipeline.documents TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.documents TO service_role;

CREATE TABLE upload_pipeline.events (
    event_no bigint NOT NULL,
    event_id uuid DEFAULT gen_random_uuid() NOT NULL,
    document_id uuid NOT NULL,
    job_id uuid NOT NULL,
    user_id uuid NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    stage text,
    code text,
    message text,
    attempt integer,
    correlation_id text,
    run_id uuid,
    claimed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT events_type_check CHECK ((type = ANY (ARRAY['status'::text, 'retry'::text, 'pause'::text, 'warning'::text, 'failure'::text])))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.02');
COMMENT ON TABLE upload_pipeline.events IS 'Append-only. status: a transition; retry: an attempt failed and another is scheduled; pause: an attempt ended early because a provider asked to wait; warning: the document continues, and its owner should know; failure: the job was rejected.';
ALTER TABLE ONLY upload_pipeline.events
    ADD CONSTRAINT events_event_id_key UNIQUE (event_id);
ALTER TABLE ONLY upload_pipeline.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (event_no);
CREATE TRIGGER append_only BEFORE UPDATE ON upload_pipeline.events FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.forbid_change();
CREATE TRIGGER notify_document_ended AFTER INSERT ON upload_pipeline.events FOR EACH ROW WHEN (((new.type = 'failure'::text) OR ((new.type = 'status'::text) AND (new.status = 'complete'::text)))) EXECUTE FUNCTION pipeline_internal.on_document_ended();
CREATE TRIGGER save_uncounted_events AFTER DELETE ON upload_pipeline.events REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.save_uncounted_events();
ALTER TABLE ONLY upload_pipeline.events
    ADD CONSTRAINT events_document_id_user_id_fkey FOREIGN KEY (document_id, user_id) REFERENCES upload_pipeline.documents(document_id, user_id) ON DELETE CASCADE;
ALTER TABLE upload_pipeline.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY "owners read their events" ON upload_pipeline.events FOR SELECT TO authenticated USING ((user_id = ( SELECT pipeline_access.caller_id() AS caller_id)));
GRANT SELECT ON TABLE upload_pipeline.events TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.events TO service_role;

CREATE TABLE upload_pipeline.live_events (
    user_id uuid NOT NULL,
    event_no bigint NOT NULL,
    document_ids uuid[] NOT NULL,
    is_sent boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_vacuum_scale_factor='0.05');
COMMENT ON TABLE upload_pipeline.live_events IS 'One row for each message to a user: its number, and the documents in it. The numbers of a user have no gaps and ascend in the order of commits. A client that missed messages reads here which documents to read again.';
ALTER TABLE ONLY upload_pipeline.live_events
    ADD CONSTRAINT live_events_pkey PRIMARY KEY (user_id, event_no);
ALTER TABLE upload_pipeline.live_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY "owners read their live events" ON upload_pipeline.live_events FOR SELECT TO authenticated USING ((user_id = ( SELECT pipeline_access.caller_id() AS caller_id)));
GRANT SELECT ON TABLE upload_pipeline.live_events TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.live_events TO service_role;

CREATE TABLE upload_pipeline.statuses (
    status text NOT NULL,
    stage_pct smallint NOT NULL,
    total_pct smallint NOT NULL,
    meaning text NOT NULL,
    CONSTRAINT statuses_stage_pct_check CHECK (((stage_pct >= 0) AND (stage_pct <= 100))),
    CONSTRAINT statuses_total_pct_check CHECK (((total_pct >= 0) AND (total_pct <= 100)))
);
COMMENT ON TABLE upload_pipeline.statuses IS 'The public vocabulary of a job''s status.';
ALTER TABLE ONLY upload_pipeline.statuses
    ADD CONSTRAINT statuses_pkey PRIMARY KEY (status);
CREATE POLICY "everyone signed in reads the vocabulary" ON upload_pipeline.statuses FOR SELECT TO authenticated USING (true);
ALTER TABLE upload_pipeline.statuses ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON TABLE upload_pipeline.statuses TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.statuses TO service_role;

CREATE TABLE upload_pipeline.upload_jobs (
    job_id uuid DEFAULT gen_random_uuid() NOT NULL,
    document_id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text DEFAULT 'awaiting_upload'::text NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    stage text,
    message_id bigint,
    user_queued_at timestamp with time zone,
    waiting_for text,
    attempt_count integer DEFAULT 0 NOT NULL,
    lost_count integer DEFAULT 0 NOT NULL,
    unexplained_count integer DEFAULT 0 NOT NULL,
    is_isolated boolean DEFAULT false NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    last_error jsonb,
    units_done integer DEFAULT 0 NOT NULL,
    units_total integer DEFAULT 0 NOT NULL,
    ocr boolean DEFAULT false NOT NULL,
    pages_to_read integer[],
    is_page_reparse boolean DEFAULT false NOT NULL,
    resume jsonb,
    correlation_id text,
    run_id uuid,
    upload_expires_at timestamp with time zone,
    counted_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone,
    finished_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deadletter_matches_status CHECK (((state = 'deadletter'::text) = (status = ANY (ARRAY['failed_parse'::text, 'failed_chunking'::text, 'failed_embedding'::text])))),
    CONSTRAINT done_matches_status CHECK (((state = 'done'::text) = (status = ANY (ARRAY['complete'::text, 'duplicate'::text, 'expired'::text])))),
    CONSTRAINT finished_at_matches_state CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['done'::text, 'deadletter'::text])))),
    CONSTRAINT finished_job_has_no_message CHECK (((finished_at IS NULL) OR (message_id IS NULL))),
    CONSTRAINT stage_and_message_go_together CHECK (((stage IS NULL) = (message_id IS NULL))),
    CONSTRAINT unfinished_job_has_a_message CHECK (((finished_at IS NOT NULL) OR (status = 'awaiting_upload'::text) OR (user_queued_at IS NOT NULL) OR (message_id IS NOT NULL))),
    CONSTRAINT upload_jobs_attempt_count_check CHECK ((attempt_count >= 0)),
    CONSTRAINT upload_jobs_check CHECK (((unexplained_count >= 0) AND (unexplained_count <= lost_count))),
    CONSTRAINT upload_jobs_lost_count_check CHECK ((lost_count >= 0)),
    CONSTRAINT upload_jobs_retry_count_check CHECK ((retry_count >= 0)),
    CONSTRAINT upload_jobs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'working'::text, 'retryable'::text, 'done'::text, 'deadletter'::text]))),
    CONSTRAINT user_queued_job_has_no_message CHECK (((user_queued_at IS NULL) OR ((message_id IS NULL) AND (status = 'uploaded'::text) AND (state = 'queued'::text))))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='500', autovacuum_analyze_scale_factor='0.05');
COMMENT ON TABLE upload_pipeline.upload_jobs IS 'The progress of one document through the stages. An uploaded, unfinished job has exactly one message, or waits in the user queue.';
ALTER TABLE ONLY upload_pipeline.upload_jobs
    ADD CONSTRAINT upload_jobs_document_id_key UNIQUE (document_id);
ALTER TABLE ONLY upload_pipeline.upload_jobs
    ADD CONSTRAINT upload_jobs_pkey PRIMARY KEY (job_id);
CREATE CONSTRAINT TRIGGER broadcast_first_status AFTER INSERT ON upload_pipeline.upload_jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (pipeline_internal.note_move(new.user_id, new.document_id)) EXECUTE FUNCTION pipeline_internal.send_moves();
CREATE CONSTRAINT TRIGGER broadcast_move AFTER UPDATE ON upload_pipeline.upload_jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
        CASE
            WHEN ((old.status <> new.status) OR (old.state <> new.state) OR (old.last_error IS DISTINCT FROM new.last_error) OR (((100 * old.units_done) / NULLIF(old.units_total, 0)) IS DISTINCT FROM ((100 * new.units_done) / NULLIF(new.units_total, 0)))) THEN pipeline_internal.note_move(new.user_id, new.document_id)
            ELSE false
        END) EXECUTE FUNCTION pipeline_internal.send_moves();
CREATE TRIGGER record_first_status AFTER INSERT ON upload_pipeline.upload_jobs FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_first_status();
CREATE TRIGGER record_move AFTER UPDATE ON upload_pipeline.upload_jobs FOR EACH ROW WHEN ((old.status <> new.status)) EXECUTE FUNCTION pipeline_internal.record_move();
ALTER TABLE ONLY upload_pipeline.upload_jobs
    ADD CONSTRAINT upload_jobs_document_id_user_id_fkey FOREIGN KEY (document_id, user_id) REFERENCES upload_pipeline.documents(document_id, user_id) ON DELETE CASCADE;
CREATE POLICY "owners read their jobs" ON upload_pipeline.upload_jobs FOR SELECT TO authenticated USING ((user_id = ( SELECT pipeline_access.caller_id() AS caller_id)));
ALTER TABLE upload_pipeline.upload_jobs ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON TABLE upload_pipeline.upload_jobs TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.upload_jobs TO service_role;

ALTER TABLE upload_pipeline.events ALTER COLUMN event_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME upload_pipeline.events_event_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW upload_pipeline.document_status WITH (security_invoker='true') AS
 SELECT d.document_id,
    d.user_id,
    d.filename,
    COALESCE(d.filename_full, d.filename) AS filename_full,
    d.policy_id,
    d.mime,
    d.bytes_len,
    j.job_id,
    j.status,
    j.state,
        CASE
            WHEN ((j.units_total > 0) AND (j.status = ANY (ARRAY['chunking'::text, 'embedding_in_progress'::text]))) THEN (GREATEST((s.stage_pct)::integer, ((100 * j.units_done) / j.units_total)))::smallint
            ELSE s.stage_pct
        END AS stage_pct,
        CASE
            WHEN ((j.units_total > 0) AND (j.status = ANY (ARRAY['chunking'::text, 'embedding_in_progress'::text]))) THEN ((s.total_pct + (((
            CASE j.status
                WHEN 'chunking'::text THEN 60
                ELSE 95
            END - s.total_pct) * j.units_done) / j.units_total)))::smallint
            ELSE s.total_pct
        END AS total_pct,
    j.retry_count,
    j.next_attempt_at,
    j.waiting_for,
        CASE
            WHEN (j.user_queued_at IS NOT NULL) THEN (( SELECT count(*) AS count
               FROM upload_pipeline.upload_jobs ahead
              WHERE ((ahead.user_id = j.user_id) AND (ahead.user_queued_at IS NOT NULL) AND (ROW(ahead.user_queued_at, ahead.job_id) <= ROW(j.user_queued_at, j.job_id)))))::integer
            ELSE NULL::integer
        END AS queue_position,
    j.last_error,
    d.warnings,
    d.title,
    d.created_at,
    j.updated_at
   FROM ((upload_pipeline.documents d
     JOIN upload_pipeline.upload_jobs j USING (document_id))
     JOIN upload_pipeline.statuses s USING (status));
COMMENT ON VIEW upload_pipeline.document_status IS 'One row per document: status, progress, what it waits for, next attempt, last error, warnings and title. Shows each user their own documents.';
GRANT SELECT ON TABLE upload_pipeline.document_status TO authenticated;
GRANT SELECT ON TABLE upload_pipeline.document_status TO service_role;

CREATE FUNCTION upload_pipeline.allow_support_access(p_days integer) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_caller uuid := pipeline_internal.require_caller();
  v_until timestamptz;
begin
  if p_days is null or p_days not between 1 and 30 then
    raise exception 'p_days must be between 1 and 30, not %', coalesce(p_days::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  insert into pipeline_internal.support_access as s (user_id, granted_at, until)
  values (v_caller, statement_timestamp(), statement_timestamp() + make_interval(hours => 24 * p_days))
  on conflict (user_id) do update set granted_at = excluded.granted_at, until = excluded.until
  returning s.until into v_until;
  perform pipeline_internal.record_audit_entry(
    'allow_support_access', v_caller, p_details => jsonb_build_object('days', p_days), p_actor => 'user');
  return v_until;
end $$;
COMMENT ON FUNCTION upload_pipeline.allow_support_access(p_days integer) IS 'Allows operators to try searches on the caller''s documents, which shows them their text, for 1 to 30 days from now; returns until when. Replaces an earlier permission. Writes an audit entry. Runs as its owner: users have no rights on the table, and change their own row only.';
REVOKE ALL ON FUNCTION upload_pipeline.allow_support_access(p_days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION upload_pipeline.allow_support_access(p_days integer) TO authenticated;

CREATE FUNCTION upload_pipeline.consent() RETURNS TABLE(consent_version text, consented_at timestamp with time zone, required_version text, is_missing boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_caller uuid := pipeline_internal.require_caller();
begin
  return query
  select c.consent_version, c.consented_at, l.required_consent_version, pipeline_internal.lacks_consent(v_caller)
  from pipeline_internal.limits l
  left join pipeline_internal.consents c on c.user_id = v_caller;
end $$;
COMMENT ON FUNCTION upload_pipeline.consent() IS 'One row: the version of the terms that the caller agreed to last, and when, null if none; the version that is required, null if none is; and whether the caller must still agree to it. Runs as its owner: users have no rights on the tables, and read their own row only.';
REVOKE ALL ON FUNCTION upload_pipeline.consent() FROM PUBLIC;
GRANT ALL ON FUNCTION upload_pipeline.consent() TO authenticated;

CREATE FUNCTION upload_pipeline.fold_name(p_name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_letters text := normalize(lower(normalize(p_name, NFKC) collate "und-x-icu"), NFKD);
  -- The combining marks of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic.
  v_bare text := regexp_replace(
    v_letters,
    '[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]',
    '', 'g');
begin
  -- Unicode does not decompose these letters.
  v_bare := translate(v_bare, 'łøđħŧıς', 'lodhtiσ');
  v_bare := replace(replace(replace(replace(v_bare, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  -- A name that consists of marks alone stays as it is.
  return normalize(coalesce(nullif(v_bare, ''), v_letters), NFC);
end $$;
COMMENT ON FUNCTION upload_pipeline.fold_name(p_name text) IS 'Folds a name for searching: one form for all encodings of a character, without case and accents, ß as ss.';
REVOKE ALL ON FUNCTION upload_pipeline.fold_name(p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION upload_pipeline.fold_name(p_name text) TO authenticated;
GRANT ALL ON FUNCTION upload_pipeline.fold_name(p_name text) TO service_role;

CREATE FUNCTION upload_pipeline.search_chunks(query_embedding extensions.vector DEFAULT NULL::extensions.vector, query_text text DEFAULT NULL::text, match_count integer DEFAULT 8, document_ids uuid[] DEFAULT NULL::uuid[], mode text DEFAULT 'hybrid'::text, min_score double precision DEFAULT NULL::double precision, min_similarity double precision DEFAULT NULL::double precision, expand integer DEFAULT 0, max_per_document integer DEFAULT NULL::integer, weight_words double precision DEFAULT NULL::double precision, weight_meaning double precision DEFAULT NULL::double precision, language text DEFAULT NULL::text, after_score double precision DEFAULT NULL::double precision, after_chunk_id uuid DEFAULT NULL::uuid, explain boolean DEFAULT false) RETURNS TABLE(chunk_id uuid, document_id uuid, filename text, chunk_ord integer, page integer, page_from integer, page_to integer, heading_path text[], content text, highlights jsonb, score double precision, similarity double precision, text_score double precision, vector_rank integer, text_rank integer, duplicates jsonb, neighbours jsonb, explanation jsonb)
    LANGUAGE sql STABLE
    SET search_path TO ''
    SET statement_timeout TO '5s'
    AS $$
  select hit.*
  from jsonb_to_recordset(case when pipeline_search.require_caller_account() then pipeline_search.search(
    query_embedding, query_text, match_count, document_ids, mode, min_score, min_similarity, expand, max_per_document,
    weight_words, weight_meaning, language, after_score, after_chunk_id, explain) -> 'results' end) as hit (
    chunk_id uuid, document_id uuid, filename text, chunk_ord int, page int, page_from int, page_to int,
    heading_path text[], content text, highlights jsonb, score double precision, similarity double precision,
    text_score double precision, vector_rank int, text_rank int, duplicates jsonb, neighbours jsonb, explanation jsonb)
$$;
COMMENT ON FUNCTION upload_pipeline.search_chunks(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean) IS 'The caller''s best matching chunks, at most 50. page is the page of the matching passage, between page_from and page_to; highlights are [{start, end}] in UTF-16 units of content. Runs with the caller''s rights: row-level security decides what it can find.';
REVOKE ALL ON FUNCTION upload_pipeline.search_chunks(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION upload_pipeline.search_chunks(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean) TO authenticated;
GRANT ALL ON FUNCTION upload_pipeline.search_chunks(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean) TO service_role;

CREATE FUNCTION upload_pipeline.support_access() RETURNS TABLE(granted_at timestamp with time zone, until timestamp with time zone, is_in_force boolean, uses jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  -- The most uses that are returned; the export has all.
  c_uses constant int := 50;
  v_caller uuid := pipeline_internal.require_caller();
begin
  return query
  select s.granted_at, s.until, pipeline_internal.allows_support(v_caller), coalesce(u.uses, '[]')
  from (select v_caller as user_id) c
  left join pipeline_internal.support_access s on s.user_id = c.user_id
  cross join lateral (
    select jsonb_agg(jsonb_build_object(
      'used_at', a.happened_at, 'operator', a.operator, 'hits', (a.details ->> 'hits')::int)
      order by a.happened_at desc, a.audit_no desc) as uses
    from (
      -- Numbered, so that a user sees whether one operator or several came, and not which.
      select a.*, dense_rank() over (order by a.first_at, a.operator_id)::int as operator
      from (
        select a.*, min(a.happened_at) over (partition by a.operator_id) as first_at
        from pipeline_internal.audit_log a
        where a.user_id = v_caller and a.action = 'try_search' and a.operator_id is distinct from v_caller) a
      order by a.happened_at desc, a.audit_no desc
      limit c_uses) a
  ) u;
end $$;
COMMENT ON FUNCTION upload_pipeline.support_access() IS 'One row: since when and until when the caller allows operators to try searches on their documents, null if never or withdrawn; whether that is in force; and the latest 50 uses as [{used_at, operator, hits}], where operator numbers the operators in the order in which they came. Runs as its owner: users have no rights on the audit log.';
REVOKE ALL ON FUNCTION upload_pipeline.support_access() FROM PUBLIC;
GRANT ALL ON FUNCTION upload_pipeline.support_access() TO authenticated;

CREATE FUNCTION upload_pipeline.withdraw_support_access() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_caller uuid := pipeline_internal.require_caller();
  v_was_in_force boolean := pipeline_internal.allows_support(v_caller);
begin
  delete from pipeline_internal.support_access s where s.user_id = v_caller;
  if v_was_in_force then
    perform pipeline_internal.record_audit_entry('withdraw_support_access', v_caller, p_actor => 'user');
  end if;
  return v_was_in_force;
end $$;
COMMENT ON FUNCTION upload_pipeline.withdraw_support_access() IS 'Ends the caller''s permission for operators at once; a search that runs may still end. False: there was none in force. Writes an audit entry. Runs as its owner, as allow_support_access does.';
REVOKE ALL ON FUNCTION upload_pipeline.withdraw_support_access() FROM PUBLIC;
GRANT ALL ON FUNCTION upload_pipeline.withdraw_support_access() TO authenticated;

COMMENT ON COLLATION upload_pipeline.reading_order IS 'Sorts by letters, then accents, then case, in all scripts, and sorts numbers by value: a 2, A 10, é, f.';

CREATE INDEX document_chunks_document_id_idx ON upload_pipeline.document_chunks USING btree (document_id, chunk_ord);

CREATE INDEX document_chunks_signs_idx ON upload_pipeline.document_chunks USING btree (user_id, document_id) INCLUDE (embedding_signs, chunk_id);

CREATE INDEX document_chunks_user_id_idx ON upload_pipeline.document_chunks USING btree (user_id, chunk_sha);

CREATE INDEX document_chunks_words_idx ON upload_pipeline.document_chunks USING gin (pipeline_words.keys(user_id, search_text)) WITH (fastupdate='on', gin_pending_list_limit='512');

CREATE INDEX documents_created_at_idx ON upload_pipeline.documents USING btree (created_at, document_id);

CREATE INDEX documents_user_id_created_at_idx ON upload_pipeline.documents USING btree (user_id, created_at DESC);

CREATE INDEX documents_warned_idx ON upload_pipeline.documents USING btree (updated_at) WHERE (warnings <> '[]'::jsonb);

CREATE INDEX events_document_id_idx ON upload_pipeline.events USING btree (document_id, event_no);

CREATE INDEX events_errors_idx ON upload_pipeline.events USING btree (created_at) WHERE (type <> 'status'::text);

CREATE INDEX events_registered_idx ON upload_pipeline.events USING btree (correlation_id) WHERE (status = 'awaiting_upload'::text);

CREATE INDEX events_user_id_idx ON upload_pipeline.events USING btree (user_id, event_no);

CREATE COLLATION upload_pipeline.reading_order (provider = icu, locale = 'und-u-kn-true');

CREATE INDEX upload_jobs_active_idx ON upload_pipeline.upload_jobs USING btree (user_id) WHERE (message_id IS NOT NULL);

CREATE INDEX upload_jobs_awaiting_idx ON upload_pipeline.upload_jobs USING btree (upload_expires_at) WHERE (status = 'awaiting_upload'::text);

CREATE INDEX upload_jobs_deadletter_idx ON upload_pipeline.upload_jobs USING btree (finished_at) WHERE (state = 'deadletter'::text);

CREATE INDEX upload_jobs_error_code_idx ON upload_pipeline.upload_jobs USING btree (((last_error ->> 'code'::text))) WHERE (last_error IS NOT NULL);

CREATE INDEX upload_jobs_isolated_idx ON upload_pipeline.upload_jobs USING btree (stage) WHERE (is_isolated AND (message_id IS NOT NULL));

CREATE UNIQUE INDEX upload_jobs_message_idx ON upload_pipeline.upload_jobs USING btree (stage, message_id) WHERE (message_id IS NOT NULL);

CREATE INDEX upload_jobs_user_id_idx ON upload_pipeline.upload_jobs USING btree (user_id, created_at DESC);

CREATE INDEX upload_jobs_user_queue_idx ON upload_pipeline.upload_jobs USING btree (user_id, user_queued_at) WHERE (user_queued_at IS NOT NULL);

CREATE SCHEMA pipeline_access;
COMMENT ON SCHEMA pipeline_access IS 'Functions that policies call. Not exposed.';
GRANT USAGE ON SCHEMA pipeline_access TO authenticated;
GRANT USAGE ON SCHEMA pipeline_access TO service_role;
GRANT USAGE ON SCHEMA pipeline_access TO pipeline_monitoring;

CREATE FUNCTION pipeline_access.caller_id() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if (auth.jwt() ->> 'is_anonymous')::boolean
     and not (select l.allow_anonymous_users from pipeline_internal.limits l) then
    return null;
  end if;
  return auth.uid();
end $$;
COMMENT ON FUNCTION pipeline_access.caller_id() IS 'The user of the request, as auth.uid(); null for an anonymous user, unless these are allowed. Runs as its owner, to read that setting.';
REVOKE ALL ON FUNCTION pipeline_access.caller_id() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_access.caller_id() TO authenticated;
GRANT ALL ON FUNCTION pipeline_access.caller_id() TO service_role;

CREATE FUNCTION pipeline_access.require_console_role(p_role text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_claimed text := auth.jwt() -> 'app_metadata' ->> 'pipeline_role';
  v_roles constant text[] :=
    case p_role when 'viewer' then '{viewer,operator}'::text[] when 'operator' then '{operator}' end;
begin
  -- The claim was true when the token was issued, the user's row says whether it still is.
  if v_claimed = any (v_roles) and pipeline_internal.console_role(auth.uid()) = any (v_roles) then
    return auth.uid();
  end if;
  -- The Data API answers 403.
  raise exception 'This needs the role %.', p_role using
    errcode = 'insufficient_privilege',
    hint = 'An operator of the project gives it: npm run pipeline -- role EMAIL ' || p_role
           || '. After that, sign in again.';
end $$;
COMMENT ON FUNCTION pipeline_access.require_console_role(p_role text) IS 'The caller''s id, if the token and the user''s row both have the role: viewer, which operator includes, or operator. @throws insufficient_privilege otherwise. Runs as its owner, to read the user''s row.';
REVOKE ALL ON FUNCTION pipeline_access.require_console_role(p_role text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_access.require_console_role(p_role text) TO pipeline_monitoring;

CREATE SCHEMA pipeline_words;
COMMENT ON SCHEMA pipeline_words IS 'Turns text into words, for the index and for questions.';
GRANT USAGE ON SCHEMA pipeline_words TO authenticated;
GRANT USAGE ON SCHEMA pipeline_words TO service_role;

CREATE FUNCTION pipeline_words.base_letters(p_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return normalize(
    regexp_replace(
      normalize(
        -- Unicode does not decompose these letters.
        translate(
          replace(replace(replace(replace(p_text, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłı', 'oddli'),
        NFKD),
      -- Removes accents from Latin and Greek letters only; in other scripts an accent makes another letter.
      '([a-z\u0370-\u03ff])[\u0300-\u036f]+', '\1', 'g'),
    NFKC);
end $$;
COMMENT ON FUNCTION pipeline_words.base_letters(p_text text) IS 'Does the work of unaccented for any text, slowly.';
REVOKE ALL ON FUNCTION pipeline_words.base_letters(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.base_letters(p_text text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.base_letters(p_text text) TO service_role;

CREATE FUNCTION pipeline_words.bigrams(p_normal text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  if p_normal !~ '[\u0e00-\U0003ffff]' then return '{}'::text[]; end if;
  return array(
    select pair.one || coalesce(pair.other, '')
    from regexp_matches(p_normal, pipeline_words.unspaced(), 'g') run (found)
    cross join lateral string_to_array(run.found[1], null) l (letters)
    cross join lateral unnest(l.letters, l.letters[2:]) pair (one, other)
    where pair.other is not null or cardinality(l.letters) = 1);
end $$;
COMMENT ON FUNCTION pipeline_words.bigrams(p_normal text) IS 'The bigrams of the characters of scripts that do not separate words, as often as they occur; they take the place of words. A character that stands alone is returned by itself.';
REVOKE ALL ON FUNCTION pipeline_words.bigrams(p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.bigrams(p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.bigrams(p_normal text) TO service_role;

CREATE FUNCTION pipeline_words.config(p_language text) RETURNS regconfig
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return case p_language
    when 'ar' then 'arabic' when 'ca' then 'catalan' when 'da' then 'danish' when 'de' then 'german'
    when 'el' then 'greek'
    when 'en' then 'english' when 'es' then 'spanish' when 'eu' then 'basque' when 'fi' then 'finnish'
    when 'fr' then 'french'
    when 'ga' then 'irish' when 'hi' then 'hindi' when 'hu' then 'hungarian' when 'hy' then 'armenian'
    when 'id' then 'indonesian' when 'it' then 'italian' when 'lt' then 'lithuanian' when 'ne' then 'nepali'
    when 'nl' then 'dutch' when 'no' then 'norwegian' when 'pt' then 'portuguese' when 'ro' then 'romanian'
    when 'ru' then 'russian' when 'sr' then 'serbian' when 'sv' then 'swedish' when 'ta' then 'tamil'
    when 'tr' then 'turkish'
    when 'yi' then 'yiddish' else 'simple' end::regconfig;
end $$;
COMMENT ON FUNCTION pipeline_words.config(p_language text) IS 'The text search configuration for an ISO 639-1 code; `simple`, which does not stem, if Postgres has none for it.';
REVOKE ALL ON FUNCTION pipeline_words.config(p_language text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.config(p_language text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.config(p_language text) TO service_role;

CREATE FUNCTION pipeline_words.ideographs(p_normal text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  if p_normal !~ '[\u3400-\U0003ffff]' then return '{}'::text[]; end if;
  return array(
    select distinct m.found[1]
    from regexp_matches(p_normal, '[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', 'g') m (found));
end $$;
COMMENT ON FUNCTION pipeline_words.ideographs(p_normal text) IS 'The characters of a normal text that are each a word or the root of a word.';
REVOKE ALL ON FUNCTION pipeline_words.ideographs(p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.ideographs(p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.ideographs(p_normal text) TO service_role;

CREATE FUNCTION pipeline_words.keys(p_user_id uuid, p_words tsvector) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_owner text := pipeline_words.owner_tag(p_user_id);
  v_words text[] := tsvector_to_array(p_words);
begin
  return array_to_tsvector(
    array(select v_owner || word from unnest(v_words) word)
    || array(
      select v_owner || '<' || reverse(word) from unnest(v_words) word
      where char_length(word) >= 6 and word !~ '[\u0001-@[-`{-\u007f]'));
end $$;
COMMENT ON FUNCTION pipeline_words.keys(p_user_id uuid, p_words tsvector) IS 'The keys of a chunk in the index: each word behind its owner''s tag. Words of 6 or more letters, and of letters only, are also stored reversed, behind the tag and `<`.';
REVOKE ALL ON FUNCTION pipeline_words.keys(p_user_id uuid, p_words tsvector) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.keys(p_user_id uuid, p_words tsvector) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.keys(p_user_id uuid, p_words tsvector) TO service_role;

CREATE FUNCTION pipeline_words.normal(p_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_text text;
begin
  -- A fast path: testing for a character costs a tenth of replacing it, and most texts have none of these.
  if p_text !~ '[^\u0001-\u007f]' then return lower(p_text); end if;
  v_text := lower(case when p_text is nfkc normalized then p_text else normalize(p_text, NFKC) end);
  if v_text !~ '[\u00ad\u0591-\u05c7\u0622-\u06f9\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]' then
    return v_text;
  end if;
  return regexp_replace(
    -- Maps the variant shapes of Arabic letters, and the digits of other scripts.
    translate(v_text, 'أإآٱىة٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'اااايه01234567890123456789'),
    -- Soft hyphens, zero-width and direction marks, Arabic vowel marks and tatweel, Hebrew points.
    '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u0591-\u05c7\u0640\u064b-\u065f\u0670]', '', 'g');
end $$;
COMMENT ON FUNCTION pipeline_words.normal(p_text text) IS 'Normalizes a text: NFKC, lower case, without ligatures and invisible marks.';
REVOKE ALL ON FUNCTION pipeline_words.normal(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.normal(p_text text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.normal(p_text text) TO service_role;

CREATE FUNCTION pipeline_words.owner_tag(p_user_id uuid) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  -- 24 bits in four characters: every key of the index begins with them.
  return encode(substr(uuid_send(p_user_id), 1, 3), 'base64');
end $$;
COMMENT ON FUNCTION pipeline_words.owner_tag(p_user_id uuid) IS 'The prefix of a user''s keys in the index. Two users may share a prefix: it makes a search fast, and never decides what is found.';
REVOKE ALL ON FUNCTION pipeline_words.owner_tag(p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.owner_tag(p_user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.owner_tag(p_user_id uuid) TO service_role;

CREATE FUNCTION pipeline_words.parts(p_normal text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return coalesce((
    select string_agg(
      regexp_replace(
        -- A thousands separator does not split a number.
        t.found[1] || ' ' || regexp_replace(t.found[1], '(?<=\d)[.,''’](?=\d{3}(?!\d))', '', 'g'),
        '[[:punct:]§€£’]+', ' ', 'g'), ' ')
    from regexp_matches(p_normal, '[^\s[:punct:]]+(?:[-._/@:+#&,=''’?]+[^\s[:punct:]]+)+', 'g') t (found)), '');
end $$;
COMMENT ON FUNCTION pipeline_words.parts(p_normal text) IS 'The parts of codes, addresses and numbers: `jane.sample@example.org` yields `example org`, and `1.234,56` yields `1234`.';
REVOKE ALL ON FUNCTION pipeline_words.parts(p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.parts(p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.parts(p_normal text) TO service_role;

CREATE FUNCTION pipeline_words.stems(p_config regconfig, p_normal text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  -- Stemming runs before accents are removed, because the stop words of the language have accents.
  v_stems tsvector := to_tsvector(p_config, regexp_replace(p_normal, pipeline_words.unspaced(), ' ', 'g'));
begin
  if p_normal !~ '[^\u0001-\u007f]' then return v_stems; end if;
  return pipeline_words.unaccented(v_stems::text)::tsvector;
end $$;
COMMENT ON FUNCTION pipeline_words.stems(p_config regconfig, p_normal text) IS 'The stems of a normal text in one language, without accents.';
REVOKE ALL ON FUNCTION pipeline_words.stems(p_config regconfig, p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.stems(p_config regconfig, p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.stems(p_config regconfig, p_normal text) TO service_role;

CREATE FUNCTION pipeline_words.unaccented(p_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_text text := p_text;
  v_unseen text := p_text;
  v_letter text;
begin
  if p_text !~ '[^\u0001-\u007f]' then return p_text; end if;
  -- A fast path: the text has no Latin or Greek letter with an accent, and no combining mark.
  if p_text !~ '[\u00c0-\u024f\u0300-\u03ff\u1e00-\u1fff]' and p_text is nfkc normalized then return p_text; end if;
  if p_text ~ '[^\u0001-\u017f]' then return pipeline_words.base_letters(p_text); end if;
  -- In Western text only a few distinct letters have accents; each is replaced once.
  loop
    v_letter := substring(v_unseen from '[^\u0001-\u007f]');
    exit when v_letter is null;
    v_unseen := replace(v_unseen, v_letter, '');
    v_text := replace(v_text, v_letter, pipeline_words.base_letters(v_letter));
  end loop;
  return v_text;
end $$;
COMMENT ON FUNCTION pipeline_words.unaccented(p_text text) IS 'Removes the accents of a normal text: `Straße` and `STRASSE` become the same, and so do `é` and `e`.';
REVOKE ALL ON FUNCTION pipeline_words.unaccented(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.unaccented(p_text text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.unaccented(p_text text) TO service_role;

CREATE FUNCTION pipeline_words.unspaced() RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  -- Thai, Lao, Myanmar, Khmer; CJK radicals, kana, ideographs, Hangul; ideographs of the higher planes. Korean
  -- separates words, but not their endings.
  return '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff'
         '\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+';
end $$;
COMMENT ON FUNCTION pipeline_words.unspaced() IS 'A regular expression for runs of text in scripts that do not separate words.';
REVOKE ALL ON FUNCTION pipeline_words.unspaced() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.unspaced() TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.unspaced() TO service_role;

CREATE FUNCTION pipeline_words.vector(p_config regconfig, p_text text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_normal text := pipeline_words.normal(p_text);
begin
  return pipeline_words.stems(p_config, v_normal)
         || to_tsvector('pg_catalog.simple', pipeline_words.unaccented(pipeline_words.parts(v_normal)))
         || coalesce((
              -- Positions tell headings from body text, and phrases from their parts. 16383 is the highest position of
              -- a tsvector.
              select string_agg(format('%L:%s', p.pair, least(p.place, 16383)), ' ')
              from unnest(pipeline_words.bigrams(v_normal)) with ordinality p (pair, place)), '')::tsvector
         || array_to_tsvector(pipeline_words.ideographs(v_normal));
end $$;
COMMENT ON FUNCTION pipeline_words.vector(p_config regconfig, p_text text) IS 'The tsvector of a text for the index: stems, the parts of codes, and, for scripts that do not separate words, bigrams and ideographs.';
REVOKE ALL ON FUNCTION pipeline_words.vector(p_config regconfig, p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_words.vector(p_config regconfig, p_text text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_words.vector(p_config regconfig, p_text text) TO service_role;

CREATE SCHEMA pipeline_search;
COMMENT ON SCHEMA pipeline_search IS 'Finds and ranks the caller''s own chunks.';
GRANT USAGE ON SCHEMA pipeline_search TO authenticated;
GRANT USAGE ON SCHEMA pipeline_search TO service_role;

CREATE TYPE pipeline_search.candidate AS (
	chunk_id uuid,
	document_id uuid,
	score double precision,
	similarity double precision,
	text_score double precision,
	vector_rank integer,
	text_rank integer,
	drop_reason text,
	same_as uuid
);

CREATE TYPE pipeline_search.term AS (
	word text,
	role text,
	exact tsquery,
	loose tsquery,
	literal text,
	next_to tsquery,
	keys tsquery,
	size integer,
	lexemes text[],
	prefixes text[],
	taken_for text,
	chunk_count integer,
	weight double precision
);

CREATE FUNCTION pipeline_search.all_of(p_lexemes text[], p_owner_tag text DEFAULT ''::text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return (select string_agg(pipeline_search.quoted(p_owner_tag || lexeme), ' & ') from unnest(p_lexemes) lexeme);
end $$;
COMMENT ON FUNCTION pipeline_search.all_of(p_lexemes text[], p_owner_tag text) IS 'A tsquery that matches if all of these words are present, each with the owner''s tag. Null for none.';
REVOKE ALL ON FUNCTION pipeline_search.all_of(p_lexemes text[], p_owner_tag text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.all_of(p_lexemes text[], p_owner_tag text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.all_of(p_lexemes text[], p_owner_tag text) TO service_role;

CREATE FUNCTION pipeline_search.approximate_nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer, p_max_hamming_distance double precision) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_indexscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_owner uuid := (select auth.uid());
  v_signs bit(1536) := extensions.binary_quantize(p_embedding)::bit(1536);
begin
  -- Two statements: a cached plan for both cases would scan all of the user's entries for a few documents. Most entries
  -- are further away than p_max_hamming_distance, and are not sorted.
  if p_document_ids is null then
    return array(
      select s.chunk_id from upload_pipeline.document_chunks s
      where s.user_id = v_owner and s.embedding_signs operator(extensions.<~>) v_signs <= p_max_hamming_distance
      order by s.embedding_signs operator(extensions.<~>) v_signs
      limit p_count);
  end if;
  return array(
    select s.chunk_id from upload_pipeline.document_chunks s
    where s.user_id = v_owner and s.document_id = any (p_document_ids)
    order by s.embedding_signs operator(extensions.<~>) v_signs
    limit p_count);
end $$;
COMMENT ON FUNCTION pipeline_search.approximate_nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer, p_max_hamming_distance double precision) IS 'The caller''s chunks whose vectors share the most signs with this one: an approximation of the nearest.';
REVOKE ALL ON FUNCTION pipeline_search.approximate_nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer, p_max_hamming_distance double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.approximate_nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer, p_max_hamming_distance double precision) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.approximate_nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer, p_max_hamming_distance double precision) TO service_role;

CREATE FUNCTION pipeline_search.bigram_term(p_pair text, p_role text, p_tag text) RETURNS pipeline_search.term
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_term pipeline_search.term;
  v_ideographs text[] := pipeline_words.ideographs(p_pair);
  -- A single character matches any bigram that begins with it, unless it is an ideograph.
  v_ending text := case when char_length(p_pair) = 1 and cardinality(v_ideographs) = 0 then ':*' else '' end;
begin
  v_term.word := p_pair;
  v_term.role := p_role;
  v_term.exact := (pipeline_search.quoted(p_pair) || v_ending)::tsquery;
  v_term.keys := (pipeline_search.quoted(p_tag || p_pair) || v_ending)::tsquery;
  if char_length(p_pair) = 2 and cardinality(v_ideographs) > 0 then
    -- Also matches the two ideographs apart from each other, because each may be a word.
    v_term.loose := pipeline_search.all_of(v_ideographs)::tsquery;
    v_term.keys := v_term.keys || pipeline_search.all_of(v_ideographs, p_tag)::tsquery;
  end if;
  v_term.size := 1;
  v_term.lexemes := array[p_pair] || case when cardinality(v_ideographs) = 1 then v_ideographs end;
  v_term.prefixes := '{}';
  return v_term;
end $$;
COMMENT ON FUNCTION pipeline_search.bigram_term(p_pair text, p_role text, p_tag text) IS 'A bigram of a script that does not separate words, as a term.';
REVOKE ALL ON FUNCTION pipeline_search.bigram_term(p_pair text, p_role text, p_tag text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.bigram_term(p_pair text, p_role text, p_tag text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.bigram_term(p_pair text, p_role text, p_tag text) TO service_role;

CREATE FUNCTION pipeline_search.candidates(p_terms pipeline_search.term[], p_literal text, p_embedding extensions.halfvec, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_also uuid) RETURNS SETOF pipeline_search.candidate
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
  -- A chunk in another language than the question is a weaker result.
  c_in_another_language constant double precision := 0.85;
  -- The most candidates of each retriever; all pages of results come from these.
  c_offered constant int := 150;
  v_uses_words boolean := p_mode <> 'vector' and (cardinality(p_terms) > 0 or p_literal is not null);
  v_uses_meaning boolean := p_mode <> 'text' and p_embedding is not null;
  -- Exclusions and phrases also apply to chunks that the vector search found.
  v_has_conditions boolean := exists (select from unnest(p_terms) t where t.role <> 'wanted');
begin
  return query
  with near as materialized (
    select n.chunk_id, n.similarity, row_number() over (order by n.similarity desc, n.chunk_id)::int as rank
    from pipeline_search.nearest(p_embedding, p_document_ids, c_offered) n
    where v_uses_meaning
  ), worded as materialized (
    select w.*, row_number() over (order by w.text_score desc, w.chunk_id)::int as rank
    from pipeline_search.match_words(
      p_terms, p_literal, p_document_ids, array(select n.chunk_id from near n) || p_also) w
    where v_uses_words or v_has_conditions
  ), either as (
    select coalesce(n.chunk_id, w.chunk_id) as chunk_id, n.similarity, n.rank as vector_rank,
           case when v_uses_words then coalesce(w.text_score, 0) end as text_score,
           case when v_uses_words and w.text_score > 0 then w.rank end as text_rank,
           case when w.is_excluded then 'EXCLUDED_WORD' when w.lacks_phrase then 'PHRASE_MISSING' end as refused
    from near n
    full join (
      select * from worded w where (w.text_score > 0 and v_uses_words and w.rank <= c_offered)
        or w.chunk_id in (select n.chunk_id from near n)
    ) w on w.chunk_id = n.chunk_id
    union
    -- The chunk that is to be explained, even if no retriever found it.
    select a.chunk_id, null, null, case when v_uses_words then coalesce(w.text_score, 0) end,
           case when v_uses_words and w.text_score > 0 then w.rank end,
           case when w.is_excluded then 'EXCLUDED_WORD' when w.lacks_phrase then 'PHRASE_MISSING' else 'OUTRANKED' end
    from (select p_also as chunk_id where p_also is not null) a
    left join worded w on w.chunk_id = a.chunk_id
    where a.chunk_id not in (select n.chunk_id from near n)
      and not coalesce(w.text_score > 0 and v_uses_words and w.rank <= c_offered, false)
  ), measured as materialized (
    select c.chunk_id, c.document_id, c.text_hash, e.text_score, e.vector_rank, e.text_rank, e.refused,
           case when v_uses_words and d.language <> p_language then c_in_another_language else 1 end as fitness,
           case when v_uses_meaning then coalesce(e.similarity, c.similarity) end as similarity
    -- Looks chunks up by id, whatever the planner assumes about their number. The long columns stay in this subquery.
    from (
      select c.chunk_id, c.document_id, md5(c.text) as text_hash,
             1 - (c.embedding operator(extensions.<=>) p_embedding) as similarity
      from upload_pipeline.document_chunks c where c.chunk_id = any (array(select e.chunk_id from either e)) offset 0
    ) c
    join either e on e.chunk_id = c.chunk_id
    join upload_pipeline.documents d on d.document_id = c.document_id
    where p_document_ids is null or c.document_id = any (p_document_ids)
  ), best as materialized (
    select max(m.text_score) + 1e-6 as words, pipeline_search.meaning_score(max(m.similarity)) + 1e-6 as meaning
    from measured m
  ), scored as materialized (
    select m.*,
           round((m.fitness * case
             when not v_uses_words then m.meaning
             when not v_uses_meaning then m.text_score
             -- A retriever that finds little has little weight.
             else (p_weight_words * best.words * m.text_score + p_weight_meaning * best.meaning * m.meaning)
                  / (p_weight_words * best.words + p_weight_meaning * best.meaning)
           end)::numeric, 8)::double precision as score
    from (select m.*, pipeline_search.meaning_score(m.similarity) as meaning from measured m offset 0) m
    cross join best
  ), kept as (
    select s.*,
           coalesce(s.refused,
                    case when s.score < p_min_score then 'BELOW_MIN_SCORE'
                         when s.similarity < p_min_similarity then 'BELOW_MIN_SIMILARITY' end) as drop_reason
    from scored s
  ), alike as (
    select k.*,
           first_value(k.chunk_id) over same as first_alike,
           row_number() over same as alike_place
    from kept k
    window same as (partition by k.text_hash, k.drop_reason is null order by k.score desc, k.chunk_id)
  ), placed as (
    select a.*,
           row_number() over (
             partition by a.document_id, a.drop_reason is null and a.alike_place = 1
             order by a.score desc, a.chunk_id) as place_in_document
    from alike a
  )
  select p.chunk_id, p.document_id, p.score, p.similarity, p.text_score, p.vector_rank, p.text_rank,
         coalesce(p.drop_reason,
                  case when p.alike_place > 1 then 'DUPLICATE'
                       when p.place_in_document > p_max_per_document then 'MAX_PER_DOCUMENT' end),
         case when p.drop_reason is null and p.alike_place > 1 then p.first_alike end
  from placed p;
end $$;
COMMENT ON FUNCTION pipeline_search.candidates(p_terms pipeline_search.term[], p_literal text, p_embedding extensions.halfvec, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_also uuid) IS 'All candidates of the caller with their scores, and the reason why a candidate is not a result: EXCLUDED_WORD, PHRASE_MISSING, BELOW_MIN_SCORE, BELOW_MIN_SIMILARITY, DUPLICATE, MAX_PER_DOCUMENT, or, for p_also alone, OUTRANKED. p_also: a chunk that is always among the candidates.';
REVOKE ALL ON FUNCTION pipeline_search.candidates(p_terms pipeline_search.term[], p_literal text, p_embedding extensions.halfvec, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_also uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.candidates(p_terms pipeline_search.term[], p_literal text, p_embedding extensions.halfvec, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_also uuid) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.candidates(p_terms pipeline_search.term[], p_literal text, p_embedding extensions.halfvec, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_also uuid) TO service_role;

CREATE FUNCTION pipeline_search.content_weight(p_word text) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return case
    -- Question words are seldom what a user searches for. In alphabetical order; the stop words of Postgres are not
    -- listed here.
    when pipeline_words.unaccented(p_word) = any (array[
      'many', 'may', 'much', 'need', 'want',
      'darf', 'gilt', 'kann', 'muss', 'soll', 'viel', 'viele', 'welche', 'wieviel', 'wieviele',
      'combien', 'comment', 'doit', 'dois', 'faut', 'ou', 'peut', 'peux', 'pourquoi', 'puis', 'quand', 'vais', 'veux',
      'como', 'cuando', 'cuanta', 'cuantas', 'cuanto', 'cuantos', 'debo', 'donde', 'puede', 'puedo', 'quien', 'quiero',
      'come', 'devo', 'dove', 'onde', 'posso', 'quando', 'quanta', 'quante', 'quanti', 'quanto', 'quantos',
      'اين', 'كم', 'كيف', 'ماذا', 'متي', 'متى', 'هل']) then 0.3
    -- Hiragana are mostly endings and particles, and so are these Chinese characters.
    else case char_length(regexp_replace(
        p_word, '[\u3040-\u309f的了是在我你他她它们有和与及或不也都就这那哪个么什怎吗呢吧把被会能可以要请对为所之其着过得很]', '', 'g'))
      when 0 then 0.3
      when 1 then case when char_length(p_word) = 2 and p_word ~ pipeline_words.unspaced() then 0.6 else 1 end
      else 1 end
  end;
end $$;
COMMENT ON FUNCTION pipeline_search.content_weight(p_word text) IS 'How much of the question''s content a word is likely to carry, 0.3 to 1: words that only form a question carry little.';
REVOKE ALL ON FUNCTION pipeline_search.content_weight(p_word text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.content_weight(p_word text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.content_weight(p_word text) TO service_role;

CREATE FUNCTION pipeline_search.detect_config(p_words text[], p_configs regconfig[]) RETURNS regconfig
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return (
    select c.config
    from unnest(p_configs) with ordinality c (config, place)
    cross join lateral (
      select count(*) as stop_words from unnest(p_words) word
      where word !~ '[^[:alpha:]''’]' and pipeline_words.stems(c.config, word) = '') s
    where s.stop_words > 0
    order by s.stop_words desc, c.place
    limit 1);
end $$;
COMMENT ON FUNCTION pipeline_search.detect_config(p_words text[], p_configs regconfig[]) IS 'The language that a question seems to be in: the one with the most stop words among its words. Null if none has any.';
REVOKE ALL ON FUNCTION pipeline_search.detect_config(p_words text[], p_configs regconfig[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.detect_config(p_words text[], p_configs regconfig[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.detect_config(p_words text[], p_configs regconfig[]) TO service_role;

CREATE FUNCTION pipeline_search.detect_language(p_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_normal text := pipeline_words.normal(p_text);
begin
  return case
    when v_normal ~ '[\u3040-\u30ff]' then 'ja'
    when v_normal ~ '[\uac00-\ud7af]' then 'ko'
    when v_normal ~ '[\u4e00-\u9fff]' then 'zh'
    when v_normal ~ '[\u0e00-\u0e7f]' then 'th'
    when v_normal ~ '[\u0590-\u05ff]' then 'he'
    when v_normal ~ '[\u0370-\u03ff]' then 'el'
    when v_normal ~ '[\u0600-\u06ff]' then 'ar'
    else (
      select l.language
      from unnest(array[
        'en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'ru', 'sv', 'da', 'no', 'fi', 'hu', 'tr', 'ro', 'ca'])
        with ordinality l (language, place)
      cross join lateral (
        select count(*) as stop_words
        from (select distinct w.word from pipeline_search.words(v_normal) w) w
        where w.word !~ '[^[:alpha:]]' and pipeline_words.stems(pipeline_words.config(l.language), w.word) = '') s
      where s.stop_words >= 2
      order by s.stop_words desc, l.place
      limit 1) end;
end $$;
COMMENT ON FUNCTION pipeline_search.detect_language(p_text text) IS 'The language that a question seems to be in, by its script or its stop words. Null if it has fewer than two.';
REVOKE ALL ON FUNCTION pipeline_search.detect_language(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.detect_language(p_text text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.detect_language(p_text text) TO service_role;

CREATE FUNCTION pipeline_search.explain_chunk(p_chunk_id uuid, p_candidates pipeline_search.candidate[], p_page pipeline_search.candidate[], p_terms pipeline_search.term[], p_document_ids uuid[], p_mode text, p_weight_words double precision, p_weight_meaning double precision) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_chunk upload_pipeline.document_chunks;
  v_candidate pipeline_search.candidate;
  v_place bigint;
  v_reason text;
begin
  select * into v_chunk from upload_pipeline.document_chunks c where c.chunk_id = p_chunk_id;
  if v_chunk.chunk_id is null then
    return jsonb_build_object('chunk_id', p_chunk_id, 'found', false, 'reason', 'NO_SUCH_CHUNK',
      'message', 'You have no such chunk: its document may have been deleted or chunked again.');
  elsif p_document_ids is not null and not v_chunk.document_id = any (p_document_ids) then
    return jsonb_build_object('chunk_id', p_chunk_id, 'found', false, 'reason', 'OTHER_DOCUMENT',
      'message', 'Its document is not among document_ids.');
  end if;
  select c.* into v_candidate from unnest(p_candidates) c where c.chunk_id = p_chunk_id;
  v_place := (
    select count(*) from unnest(p_candidates) c
    where c.drop_reason is null
      and (c.score > v_candidate.score or c.score = v_candidate.score and c.chunk_id <= p_chunk_id));
  v_reason := case
    when exists (select from unnest(p_page) c where c.chunk_id = p_chunk_id) then 'FOUND'
    when v_candidate.drop_reason = 'OUTRANKED' and coalesce(v_candidate.text_score, 0) = 0 and p_mode = 'text'
    then 'NO_WORD_FOUND'
    else coalesce(v_candidate.drop_reason, 'OTHER_PAGE') end;
  return jsonb_build_object(
      'chunk_id', p_chunk_id, 'found', v_reason = 'FOUND', 'reason', v_reason,
      'message', case v_reason
        when 'FOUND' then format('It is answer number %s.', v_place)
        when 'OTHER_PAGE' then format('It is answer number %s, on another page of the answer.', v_place)
        when 'EXCLUDED_WORD' then 'It contains a word that the question excludes.'
        when 'PHRASE_MISSING' then 'It does not contain the phrase in quotes.'
        when 'BELOW_MIN_SCORE' then format('Its score, %s, is below min_score.', round(v_candidate.score::numeric, 4))
        when 'BELOW_MIN_SIMILARITY' then format(
          'Its similarity, %s, is below min_similarity.', round(v_candidate.similarity::numeric, 4))
        when 'DUPLICATE' then 'It has the same text as another chunk, which is returned instead.'
        when 'MAX_PER_DOCUMENT' then 'Its document has max_per_document better answers.'
        when 'NO_WORD_FOUND' then 'It contains none of the words.'
        else 'Too many other chunks match better by meaning and by words.' end,
      'score', round(v_candidate.score::numeric, 4),
      'place', v_place)
    || case when v_candidate.same_as is null then '{}' else jsonb_build_object('same_as', v_candidate.same_as) end
    || jsonb_build_object('explanation', pipeline_search.explanation(
         v_candidate, p_terms, p_weight_words, p_weight_meaning));
end $$;
COMMENT ON FUNCTION pipeline_search.explain_chunk(p_chunk_id uuid, p_candidates pipeline_search.candidate[], p_page pipeline_search.candidate[], p_terms pipeline_search.term[], p_document_ids uuid[], p_mode text, p_weight_words double precision, p_weight_meaning double precision) IS 'The position of a chunk in the results, or why it is not among them. Another user''s chunk looks like one that does not exist.';
REVOKE ALL ON FUNCTION pipeline_search.explain_chunk(p_chunk_id uuid, p_candidates pipeline_search.candidate[], p_page pipeline_search.candidate[], p_terms pipeline_search.term[], p_document_ids uuid[], p_mode text, p_weight_words double precision, p_weight_meaning double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.explain_chunk(p_chunk_id uuid, p_candidates pipeline_search.candidate[], p_page pipeline_search.candidate[], p_terms pipeline_search.term[], p_document_ids uuid[], p_mode text, p_weight_words double precision, p_weight_meaning double precision) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.explain_chunk(p_chunk_id uuid, p_candidates pipeline_search.candidate[], p_page pipeline_search.candidate[], p_terms pipeline_search.term[], p_document_ids uuid[], p_mode text, p_weight_words double precision, p_weight_meaning double precision) TO service_role;

CREATE FUNCTION pipeline_search.explanation(p_candidate pipeline_search.candidate, p_terms pipeline_search.term[], p_weight_words double precision, p_weight_meaning double precision) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'words', jsonb_build_object(
      'score', round(p_candidate.text_score::numeric, 4), 'rank', p_candidate.text_rank, 'weight', p_weight_words,
      'terms', coalesce((
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
          'word', t.word, 'role', t.role, 'chunk_count', t.chunk_count, 'weight', round(t.weight::numeric, 3),
          'taken_for', t.taken_for,
          'found', case
            when c.search_text @@ t.exact then 'exactly' when c.search_text @@ t.loose then 'in part' else 'no' end)))
        from unnest(p_terms) t), '[]')),
    'meaning', jsonb_build_object(
      'score', round(pipeline_search.meaning_score(p_candidate.similarity)::numeric, 4),
      'similarity', round(p_candidate.similarity::numeric, 4), 'rank', p_candidate.vector_rank,
      'weight', p_weight_meaning))
  from upload_pipeline.document_chunks c where c.chunk_id = p_candidate.chunk_id
$$;
COMMENT ON FUNCTION pipeline_search.explanation(p_candidate pipeline_search.candidate, p_terms pipeline_search.term[], p_weight_words double precision, p_weight_meaning double precision) IS 'The explanation of a chunk''s score: what each retriever contributes, and which terms the chunk contains. A rare word has more weight.';
REVOKE ALL ON FUNCTION pipeline_search.explanation(p_candidate pipeline_search.candidate, p_terms pipeline_search.term[], p_weight_words double precision, p_weight_meaning double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.explanation(p_candidate pipeline_search.candidate, p_terms pipeline_search.term[], p_weight_words double precision, p_weight_meaning double precision) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.explanation(p_candidate pipeline_search.candidate, p_terms pipeline_search.term[], p_weight_words double precision, p_weight_meaning double precision) TO service_role;

CREATE FUNCTION pipeline_search.has_literal(p_text text, p_literal text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return p_literal is null
    or strpos(
      pipeline_search.without_line_breaks(pipeline_words.normal(p_text), p_literal ~ pipeline_words.unspaced()),
      p_literal) > 0;
end $$;
COMMENT ON FUNCTION pipeline_search.has_literal(p_text text, p_literal text) IS 'Whether a text contains this one literally, apart from case and line breaks. Null is in every text.';
REVOKE ALL ON FUNCTION pipeline_search.has_literal(p_text text, p_literal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.has_literal(p_text text, p_literal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.has_literal(p_text text, p_literal text) TO service_role;

CREATE FUNCTION pipeline_search.highlighted_terms(p_terms pipeline_search.term[]) RETURNS pipeline_search.term[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return array(
    select t from unnest(p_terms) t
    where t.role <> 'excluded' and coalesce(t.weight >= (select max(weight) / 4 from unnest(p_terms)), true));
end $$;
COMMENT ON FUNCTION pipeline_search.highlighted_terms(p_terms pipeline_search.term[]) IS 'The terms with enough weight to be highlighted.';
REVOKE ALL ON FUNCTION pipeline_search.highlighted_terms(p_terms pipeline_search.term[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.highlighted_terms(p_terms pipeline_search.term[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.highlighted_terms(p_terms pipeline_search.term[]) TO service_role;

CREATE FUNCTION pipeline_search.highlights(p_text text, p_starts integer[], p_ends integer[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
declare
  -- UTF-16 counts each of these as two.
  v_has_wide boolean := p_text ~ '[\U00010000-\U0010ffff]';
begin
  return coalesce((
    select jsonb_agg(jsonb_build_object(
      'start', r.starts + case
        when v_has_wide then regexp_count(left(p_text, r.starts), '[\U00010000-\U0010ffff]') else 0 end,
      'end', r.ends + case
        when v_has_wide then regexp_count(left(p_text, r.ends), '[\U00010000-\U0010ffff]') else 0 end)
      order by r.starts)
    from (
      select min(m.starts) as starts, max(m.ends) as ends
      from (
        select o.*, sum(o.is_apart::int) over (order by o.starts, o.ends) as island
        from (
          select m.starts, m.ends,
                 -- The parts of a code are one highlight: `AB-1234/5`.
                 coalesce(
                   substr(
                     p_text, (max(m.ends) over before) + 1, greatest(m.starts - (max(m.ends) over before), 0))
                   !~ '^[-./_:@]?$', true) as is_apart
          from unnest(p_starts, p_ends) m (starts, ends)
          window before as (order by m.starts, m.ends rows between unbounded preceding and 1 preceding)
        ) o
      ) m
      group by m.island
    ) r
    -- A single letter is part of a code, or meaningless.
    where r.ends - r.starts > 1 or substr(p_text, r.starts + 1, 1) ~ pipeline_words.unspaced()), '[]');
end $_$;
COMMENT ON FUNCTION pipeline_search.highlights(p_text text, p_starts integer[], p_ends integer[]) IS 'Positions of a text as [{start, end}], in UTF-16 code units as JavaScript counts them, in order and without overlap.';
REVOKE ALL ON FUNCTION pipeline_search.highlights(p_text text, p_starts integer[], p_ends integer[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.highlights(p_text text, p_starts integer[], p_ends integer[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.highlights(p_text text, p_starts integer[], p_ends integer[]) TO service_role;

CREATE FUNCTION pipeline_search.hit(p_candidate pipeline_search.candidate, p_marked pipeline_search.term[], p_lexemes text[], p_prefixes text[], p_duplicates pipeline_search.candidate[], p_expand integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_chunk upload_pipeline.document_chunks;
  v_document upload_pipeline.documents;
  v_starts int[];
  v_ends int[];
  v_lexemes text[];
  v_page int;
  v_duplicates jsonb;
  v_neighbours jsonb;
begin
  select * into v_chunk from upload_pipeline.document_chunks c where c.chunk_id = p_candidate.chunk_id;
  select * into v_document from upload_pipeline.documents d where d.document_id = v_chunk.document_id;
  select array_agg(m.starts), array_agg(m.ends), array_agg(m.lexeme) into v_starts, v_ends, v_lexemes
  from pipeline_search.match_positions(
    pipeline_words.config(v_document.language), v_chunk.text, p_lexemes, p_prefixes) m;

  -- Of a chunk on several pages, the page with the most of the question's weight.
  v_page := v_chunk.page_from;
  if v_chunk.page_to > v_chunk.page_from and v_starts is not null then
    select v_chunk.page_from + i - 1 into v_page
    from generate_subscripts(v_chunk.page_offsets, 1) i
    cross join lateral (
      select array_agg(m.lexeme) as lexemes, count(*) as marks
      from unnest(v_starts, v_lexemes) m (starts, lexeme)
      where m.starts >= v_chunk.page_offsets[i] and (m.starts < v_chunk.page_offsets[i + 1]) is not false) passage
    order by (
      select coalesce(sum(t.weight), 0) from unnest(p_marked) t
      where t.lexemes && passage.lexemes or t.prefixes && passage.lexemes) desc, passage.marks desc, i
    limit 1;
  end if;

  if cardinality(p_duplicates) > 0 then
    select jsonb_agg(jsonb_build_object(
      'chunk_id', c.chunk_id, 'document_id', c.document_id, 'filename', d.filename, 'page', k.page_from)
      order by c.score desc, c.chunk_id)
    into v_duplicates
    from unnest(p_duplicates) c
    join upload_pipeline.document_chunks k on k.chunk_id = c.chunk_id
    join upload_pipeline.documents d on d.document_id = c.document_id
    where c.same_as = p_candidate.chunk_id;
  end if;
  if p_expand > 0 then
    v_neighbours := coalesce((
      select jsonb_agg(jsonb_build_object(
        'chunk_id', n.chunk_id, 'chunk_ord', n.chunk_ord, 'page', n.page_from, 'heading_path', n.heading_path,
        'content', n.text) order by n.chunk_ord)
      from upload_pipeline.document_chunks n
      where n.document_id = v_chunk.document_id and n.chunk_id <> v_chunk.chunk_id
        and n.chunk_ord between v_chunk.chunk_ord - p_expand and v_chunk.chunk_ord + p_expand), '[]');
  end if;

  return jsonb_build_object(
      'chunk_id', v_chunk.chunk_id, 'document_id', v_chunk.document_id, 'filename', v_document.filename, 'page', v_page,
      'page_from', v_chunk.page_from, 'page_to', v_chunk.page_to, 'heading_path', v_chunk.heading_path,
      'content', v_chunk.text, 'highlights', pipeline_search.highlights(v_chunk.text, v_starts, v_ends),
      'score', p_candidate.score, 'similarity', round(p_candidate.similarity::numeric, 4),
      'text_score', round(p_candidate.text_score::numeric, 4), 'vector_rank', p_candidate.vector_rank,
      'text_rank', p_candidate.text_rank, 'chunk_ord', v_chunk.chunk_ord)
    || case when v_duplicates is null then '{}' else jsonb_build_object('duplicates', v_duplicates) end
    || case when v_neighbours is null then '{}' else jsonb_build_object('neighbours', v_neighbours) end;
end $$;
COMMENT ON FUNCTION pipeline_search.hit(p_candidate pipeline_search.candidate, p_marked pipeline_search.term[], p_lexemes text[], p_prefixes text[], p_duplicates pipeline_search.candidate[], p_expand integer) IS 'A chunk as a search returns it: its text with highlights, the page of the passage, its duplicates of p_duplicates, and p_expand neighbours on either side. p_lexemes and p_prefixes are those of p_marked.';
REVOKE ALL ON FUNCTION pipeline_search.hit(p_candidate pipeline_search.candidate, p_marked pipeline_search.term[], p_lexemes text[], p_prefixes text[], p_duplicates pipeline_search.candidate[], p_expand integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.hit(p_candidate pipeline_search.candidate, p_marked pipeline_search.term[], p_lexemes text[], p_prefixes text[], p_duplicates pipeline_search.candidate[], p_expand integer) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.hit(p_candidate pipeline_search.candidate, p_marked pipeline_search.term[], p_lexemes text[], p_prefixes text[], p_duplicates pipeline_search.candidate[], p_expand integer) TO service_role;

CREATE FUNCTION pipeline_search.literal(p_normal text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return pipeline_search.without_line_breaks(btrim(p_normal), p_normal ~ pipeline_words.unspaced());
end $$;
COMMENT ON FUNCTION pipeline_search.literal(p_normal text) IS 'A normal text in the form that has_literal compares.';
REVOKE ALL ON FUNCTION pipeline_search.literal(p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.literal(p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.literal(p_normal text) TO service_role;

CREATE FUNCTION pipeline_search.match_positions(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) RETURNS TABLE(starts integer, ends integer, lexeme text)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_plain text := pipeline_words.unaccented(pipeline_words.normal(p_text));
  v_words text[] := array(
    select distinct l from unnest(p_lexemes || p_prefixes) l
    where l !~ pipeline_words.unspaced() and l ~ '^[[:alnum:]]');
  v_pairs text[] := array(select distinct l from unnest(p_lexemes) l where l ~ pipeline_words.unspaced());
  v_pattern text;
  v_start int;
  v_end int;
  v_word text;
  v_known jsonb := '{}'::jsonb;
begin
  -- A stem begins like its word, except in Arabic; and if no letter became two, a position in the folded text is the
  -- same in the text. Then only words that begin like one of the stems need to be examined.
  if char_length(v_plain) <> char_length(p_text) or p_config = 'pg_catalog.arabic'::regconfig then
    return query select * from pipeline_search.match_positions_by_word(p_config, p_text, p_lexemes, p_prefixes);
    return;
  end if;
  if cardinality(v_words) > 0 then
    v_pattern := '(?<![[:alnum:]])(?:'
                 || (select string_agg(distinct left(w, 3), '|') from unnest(v_words) w where w !~ '[^[:alnum:]]')
                 || ')[[:alnum:]]*';
    v_start := regexp_instr(v_plain, v_pattern);
    while v_start > 0 loop
      v_word := substring(substr(v_plain, v_start) from '^[[:alnum:]]+');
      v_end := v_start + char_length(v_word);
      if not v_known ? v_word then
        v_known := v_known || jsonb_build_object(v_word, coalesce(
          (select l from unnest(tsvector_to_array(
             pipeline_words.stems(p_config, pipeline_words.normal(substr(p_text, v_start, v_end - v_start))))
             || v_word) l
           where l = any (p_lexemes) limit 1),
          (select prefix from unnest(p_prefixes) prefix where starts_with(v_word, prefix) limit 1)));
      end if;
      if v_known ->> v_word is not null then
        starts := v_start - 1;
        ends := v_end - 1;
        lexeme := v_known ->> v_word;
        return next;
      end if;
      v_start := regexp_instr(v_plain, v_pattern, v_end);
    end loop;
  end if;
  if cardinality(v_pairs) > 0 then
    v_pattern := '(?:' || (select string_agg(w, '|') from unnest(v_pairs) w) || ')';
    v_start := regexp_instr(v_plain, v_pattern);
    while v_start > 0 loop
      foreach v_word in array v_pairs loop
        if substr(v_plain, v_start, char_length(v_word)) = v_word then
          starts := v_start - 1;
          ends := v_start - 1 + char_length(v_word);
          lexeme := v_word;
          return next;
        end if;
      end loop;
      v_start := regexp_instr(v_plain, v_pattern, v_start + 1);
    end loop;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_search.match_positions(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) IS 'The positions of index words in a text, in characters from 0, the end excluded.';
REVOKE ALL ON FUNCTION pipeline_search.match_positions(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.match_positions(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.match_positions(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) TO service_role;

CREATE FUNCTION pipeline_search.match_positions_by_word(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) RETURNS TABLE(starts integer, ends integer, lexeme text)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_initials text[] := array(select distinct left(l, 1) from unnest(p_lexemes || p_prefixes) l);
begin
  return query
  with piece as (
    select m.found[2] as word,
           (sum(char_length(m.found[1]) + char_length(m.found[2])) over (order by m.place)
            - char_length(m.found[2]))::int as starts
    -- A word with the marks that belong to its letters, visible or not.
    from regexp_matches(
      p_text,
      '([^[:alnum:]\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]*)'
      '([[:alnum:]\u0300-\u036f\u00ad\u200b-\u200d\u0591-\u05c7\u0640\u064b-\u065f\u0670]+)',
      'g') with ordinality m (found, place)
  ), word as (
    select w.word, n.normal,
           case when w.word ~ '[^\u0001-\u007f]' then pipeline_words.unaccented(n.normal) else n.normal end as plain
    from (select distinct piece.word from piece) w
    cross join lateral (
      select case when w.word ~ '[^\u0001-\u007f]' then pipeline_words.normal(w.word)
                  else lower(w.word) end as normal) n
  ), found as (
    select w.word, coalesce(hit.lexeme, beginning.prefix) as lexeme
    from word w
    -- An Arabic stem may lack the first letters of its word.
    cross join lateral (
      select case when left(w.plain, 1) = any (v_initials) or p_config = 'pg_catalog.arabic'::regconfig
                  then tsvector_to_array(pipeline_words.stems(p_config, w.normal)) || w.plain end as stems) s
    left join lateral (
      select l.lexeme from unnest(s.stems) l (lexeme) where l.lexeme = any (p_lexemes) limit 1) hit on true
    left join lateral (
      select b.prefix from unnest(p_prefixes) b (prefix) where starts_with(w.plain, b.prefix) limit 1
    ) beginning on hit.lexeme is null
    where hit.lexeme is not null or beginning.prefix is not null
  )
  select p.starts, p.starts + char_length(p.word), f.lexeme
  from piece p join found f on f.word = p.word
  union all
  select p.starts + n - 1, least(p.starts + n + 1, p.starts + char_length(p.word)), pair.pair
  from piece p
  join word w on w.word = p.word and char_length(w.normal) = char_length(p.word) and p.word ~ pipeline_words.unspaced()
  cross join generate_series(1, char_length(p.word)) n
  cross join lateral (select substr(w.normal, n, 2) as pair) pair
  where pair.pair = any (p_lexemes);
end $$;
COMMENT ON FUNCTION pipeline_search.match_positions_by_word(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) IS 'The same as match_positions, for any text: it examines every word.';
REVOKE ALL ON FUNCTION pipeline_search.match_positions_by_word(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.match_positions_by_word(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.match_positions_by_word(p_config regconfig, p_text text, p_lexemes text[], p_prefixes text[]) TO service_role;

CREATE FUNCTION pipeline_search.match_words(p_terms pipeline_search.term[], p_literal text, p_document_ids uuid[], p_also uuid[]) RETURNS TABLE(chunk_id uuid, text_score double precision, is_excluded boolean, lacks_phrase boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
  -- The most chunks that are compared word by word.
  c_compared constant int := 600;
  -- The most results of a search.
  c_enough constant int := 50;
  v_owner uuid := (select auth.uid());
  v_wanted pipeline_search.term[] := array(
    select t from unnest(p_terms) t where t.role = 'wanted' and t.chunk_count > 0 order by t.chunk_count);
  v_total double precision := (
    select sum(t.weight * case when t.next_to is null then 1 else 1.15 end)
    from unnest(p_terms) t where t.role <> 'excluded');
  v_must tsquery;
  v_rare tsquery;
  v_common tsquery;
  v_any tsquery;
  v_counted bigint := 0;
  v_term pipeline_search.term;
  v_ids uuid[] := array[]::uuid[];
  v_literal text := coalesce(p_literal, (
    select t.literal from unnest(p_terms) t where t.role = 'required' and t.keys is null limit 1));
begin
  foreach v_term in array p_terms loop
    if v_term.role = 'required' and v_term.keys is not null then
      v_must := coalesce(v_must && v_term.keys, v_term.keys);
    end if;
  end loop;
  -- A chunk without any of the rare words matters only if it has all of the common ones.
  foreach v_term in array v_wanted loop
    v_any := coalesce(v_any || v_term.keys, v_term.keys);
    if v_rare is null or v_counted + v_term.chunk_count <= c_compared then
      v_rare := coalesce(v_rare || v_term.keys, v_term.keys);
      v_counted := v_counted + v_term.chunk_count;
    else
      v_common := coalesce(v_common && v_term.keys, v_term.keys);
    end if;
  end loop;

  if p_document_ids is not null and (
    select sum(d.chunk_count) <= c_compared from upload_pipeline.documents d
    where d.user_id = v_owner and d.document_id = any (p_document_ids)) then
    v_ids := array(
      select c.chunk_id from upload_pipeline.document_chunks c
      where c.user_id = v_owner and c.document_id = any (p_document_ids));
  elsif v_rare is null and v_must is null then
    if v_literal is not null then
      v_ids := array(
        select c.chunk_id
        from (
          select c.chunk_id, c.text from upload_pipeline.document_chunks c
          where c.user_id = v_owner and (p_document_ids is null or c.document_id = any (p_document_ids))
          limit c_compared) c
        where pipeline_search.has_literal(c.text, v_literal));
    end if;
  elsif v_rare is null then
    v_ids := array(select pipeline_search.matching_chunks(v_owner, v_must, p_document_ids, c_compared));
  else
    if v_must is not null then
      v_rare := v_must && v_rare;
      v_common := v_must && v_common;
      v_any := v_must && v_any;
    end if;
    if v_common is not null then
      v_ids := array(select pipeline_search.matching_chunks(
        v_owner, case when v_counted > c_compared then v_rare && v_common else v_common end,
        p_document_ids, c_compared / 3));
    end if;
    if cardinality(v_ids) < c_compared then
      v_ids := v_ids || array(select pipeline_search.matching_chunks(v_owner, v_rare, p_document_ids, c_compared));
    end if;
    -- Few chunks were found, as in a search of few documents.
    if v_common is not null and cardinality(v_ids) < c_enough then
      v_ids := v_ids || array(select pipeline_search.matching_chunks(
        v_owner, v_any, p_document_ids, c_enough));
    end if;
    if v_must is not null then
      v_ids := v_ids || array(select pipeline_search.matching_chunks(v_owner, v_must, p_document_ids, c_compared / 4));
    end if;
  end if;

  return query
  select c.chunk_id, s.score, s.is_excluded, s.lacks_phrase
  from (
    select c.chunk_id, c.text, c.search_text || ''::tsvector as words
    from upload_pipeline.document_chunks c
    where c.chunk_id = any (v_ids || p_also) and c.user_id = v_owner
    offset 0
  ) c
  cross join lateral (
    select
      case
        when p_literal is not null then case when pipeline_search.has_literal(c.text, p_literal) then 0.5 else 0 end
        -- A word's presence counts most, then its presence in a heading, then its frequency.
        else coalesce(sum(t.weight * case
          when t.role = 'excluded' then 0
          when t.exact is null and t.loose is null
          then case when pipeline_search.has_literal(c.text, t.literal) then 1 end
          when c.words @@ t.exact then 0.75 + 0.25 * least(1, ts_rank('{0.4, 0.6, 1, 1}', c.words, t.exact) * t.size)
          when c.words @@ t.loose then 0.6 + 0.15 * least(1, ts_rank('{0.4, 0.6, 1, 1}', c.words, t.loose))
          else 0
        end + case when c.words @@ t.next_to then 0.15 * t.weight else 0 end), 0) / greatest(v_total, 1e-9)
      end::double precision as score,
      coalesce(bool_or(
        t.role = 'excluded' and (t.exact is null or c.words @@ t.exact)
        and pipeline_search.has_literal(c.text, t.literal)), false) as is_excluded,
      coalesce(bool_or(
        t.role = 'required' and not ((t.exact is null or c.words @@ t.exact)
        and pipeline_search.has_literal(c.text, t.literal))), false) as lacks_phrase
    from unnest(p_terms) t
  ) s;
end $$;
COMMENT ON FUNCTION pipeline_search.match_words(p_terms pipeline_search.term[], p_literal text, p_document_ids uuid[], p_also uuid[]) IS 'The caller''s chunks that contain words of the question, and those of p_also, each with its text_score: the share of the question''s weight that it contains, 0 to 1. p_literal: a text to find literally, for a question without words in the index.';
REVOKE ALL ON FUNCTION pipeline_search.match_words(p_terms pipeline_search.term[], p_literal text, p_document_ids uuid[], p_also uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.match_words(p_terms pipeline_search.term[], p_literal text, p_document_ids uuid[], p_also uuid[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.match_words(p_terms pipeline_search.term[], p_literal text, p_document_ids uuid[], p_also uuid[]) TO service_role;

CREATE FUNCTION pipeline_search.matching_chunks(p_owner uuid, p_keys tsquery, p_document_ids uuid[], p_most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'on'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return query
  select c.chunk_id
  from (
    select c.chunk_id, c.user_id, c.document_id from upload_pipeline.document_chunks c
    where pipeline_words.keys(c.user_id, c.search_text) @@ p_keys
    offset 0
  ) c
  where c.user_id = p_owner and (p_document_ids is null or c.document_id = any (p_document_ids))
  limit p_most;
end $$;
COMMENT ON FUNCTION pipeline_search.matching_chunks(p_owner uuid, p_keys tsquery, p_document_ids uuid[], p_most integer) IS 'At most p_most of the owner''s chunks that contain these words.';
REVOKE ALL ON FUNCTION pipeline_search.matching_chunks(p_owner uuid, p_keys tsquery, p_document_ids uuid[], p_most integer) FROM PUBLIC;

CREATE FUNCTION pipeline_search.max_hamming_distance(p_embedding extensions.halfvec, p_share double precision) RETURNS double precision
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  c_sampled constant int := 300;
  v_owner uuid := (select auth.uid());
  v_signs bit(1536) := extensions.binary_quantize(p_embedding)::bit(1536);
  -- The 95 % confidence margin of a sample of this size.
  v_error double precision := 2 * sqrt(p_share * (1 - p_share) / c_sampled);
begin
  return (
    select percentile_disc(least(p_share + v_error, 1)) within group (order by s.distance)
    from (
      -- The order of hashes is arbitrary, so this is a random sample.
      select c.embedding_signs operator(extensions.<~>) v_signs as distance
      from upload_pipeline.document_chunks c
      where c.user_id = v_owner order by c.chunk_sha limit c_sampled) s);
end $$;
COMMENT ON FUNCTION pipeline_search.max_hamming_distance(p_embedding extensions.halfvec, p_share double precision) IS 'The highest Hamming distance, between sign vectors, of the nearest chunks of the caller. p_share: the share of chunks that are wanted, 0 to 1. Estimated from a sample, and rather too high.';
REVOKE ALL ON FUNCTION pipeline_search.max_hamming_distance(p_embedding extensions.halfvec, p_share double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.max_hamming_distance(p_embedding extensions.halfvec, p_share double precision) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.max_hamming_distance(p_embedding extensions.halfvec, p_share double precision) TO service_role;

CREATE FUNCTION pipeline_search.meaning_score(p_similarity double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  -- With text-embedding-3-small, unrelated texts have a cosine similarity of 0.1 to 0.2, and a question and its answer
  -- one of 0.4 to 0.7.
  return 1 / (1 + exp((0.28 - p_similarity) / 0.07));
end $$;
COMMENT ON FUNCTION pipeline_search.meaning_score(p_similarity double precision) IS 'Maps a cosine similarity to a score from 0 to 1.';
REVOKE ALL ON FUNCTION pipeline_search.meaning_score(p_similarity double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.meaning_score(p_similarity double precision) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.meaning_score(p_similarity double precision) TO service_role;

CREATE FUNCTION pipeline_search.nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer) RETURNS TABLE(chunk_id uuid, similarity double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'on'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  -- Up to this many vectors are compared exactly, at about 2 µs each (BENCHMARKS.md); of more, only the approximately
  -- nearest.
  c_exactly constant int := 15000;
  v_owner uuid := (select auth.uid());
  v_chunk_count bigint := (
    select sum(d.chunk_count) from upload_pipeline.documents d
    where d.user_id = v_owner and (p_document_ids is null or d.document_id = any (p_document_ids)));
  v_compared int;
begin
  if v_chunk_count > c_exactly then
    v_compared := 2000 + v_chunk_count / 10;
    return query
    select * from pipeline_search.rerank_nearest(
      p_embedding,
      pipeline_search.approximate_nearest(
        p_embedding, p_document_ids, v_compared,
        case when p_document_ids is null then
          pipeline_search.max_hamming_distance(p_embedding, v_compared::double precision / v_chunk_count) end),
      p_count);
  elsif p_document_ids is null then
    return query
    select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) p_embedding)
    from upload_pipeline.document_chunks c
    where c.user_id = v_owner
    order by 2 desc, 1
    limit p_count;
  else
    return query
    select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) p_embedding)
    from upload_pipeline.document_chunks c
    where c.user_id = v_owner and c.document_id = any (p_document_ids)
    order by 2 desc, 1
    limit p_count;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_search.nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer) IS 'The caller''s chunks nearest to a vector, with their cosine similarity: exact up to 15,000 chunks, and beyond that as accurate as BENCHMARKS.md measures. Runs with the caller''s rights.';
REVOKE ALL ON FUNCTION pipeline_search.nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.nearest(p_embedding extensions.halfvec, p_document_ids uuid[], p_count integer) TO service_role;

CREATE FUNCTION pipeline_search.parse_query(p_text text, p_configs regconfig[], p_asked_in regconfig, p_owner uuid) RETURNS pipeline_search.term[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_normal text := pipeline_words.normal(coalesce(p_text, ''));
  v_tag text := pipeline_words.owner_tag(p_owner);
  v_asked_in regconfig := coalesce(p_asked_in, pipeline_search.detect_config(
    array(select w.word from pipeline_search.words(v_normal) w), p_configs));
  v_configs regconfig[] := array(
    select distinct c from unnest(p_configs || p_asked_in) c where c is not null order by 1);
  v_terms pipeline_search.term[];
begin
  v_terms := array(
    select pipeline_search.phrase_term(
      p.phrase, case when p.is_excluded then 'excluded' else 'required' end, v_configs, v_tag)
    from pipeline_search.phrases(v_normal) p
    group by p.is_excluded, p.phrase);
  return v_terms || array(
    select pipeline_search.with_proximity(t.term, lag(t.term) over places, t.place - lag(t.place) over places)
    from (
      select w.word, w.is_excluded, min(w.place) as place, bool_or(w.place = w.last_place) as is_last
      from (select *, max(place) over () as last_place from pipeline_search.words(v_normal)) w
      group by w.word, w.is_excluded
    ) w
    cross join lateral (select case when w.is_excluded then 'excluded' else 'wanted' end as role) r
    cross join lateral (
      select 0 as part, w.place, pipeline_search.term(
        w.word, r.role, v_configs, case when not w.is_excluded then v_asked_in end,
        w.is_last and not w.is_excluded, v_tag) as term
      -- A stop word of the question's language is not searched in the other languages either.
      where v_asked_in is null or w.is_excluded or pipeline_words.stems(v_asked_in, w.word) <> ''
        or w.word ~ '[^[:alpha:]''’]'
      union all
      select min(p.part)::int, w.place + min(p.part)::int, pipeline_search.bigram_term(p.pair, r.role, v_tag)
      from unnest(pipeline_words.bigrams(w.word)) with ordinality p (pair, part)
      where not w.is_excluded
      group by p.pair
      union all
      select 1, w.place, pipeline_search.phrase_term(w.word, r.role, v_configs, v_tag)
      where w.is_excluded and cardinality(pipeline_words.bigrams(w.word)) > 0
    ) t
    where (t.term).keys is not null
    window places as (order by w.place, t.part)
    order by w.place, t.part);
end $$;
COMMENT ON FUNCTION pipeline_search.parse_query(p_text text, p_configs regconfig[], p_asked_in regconfig, p_owner uuid) IS 'The terms of a question, without weights: phrases first, then words in their order. p_configs: the languages of the documents; p_asked_in: the language of the question, null to guess it.';
REVOKE ALL ON FUNCTION pipeline_search.parse_query(p_text text, p_configs regconfig[], p_asked_in regconfig, p_owner uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.parse_query(p_text text, p_configs regconfig[], p_asked_in regconfig, p_owner uuid) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.parse_query(p_text text, p_configs regconfig[], p_asked_in regconfig, p_owner uuid) TO service_role;

CREATE FUNCTION pipeline_search.phrase_pattern() RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return '(?:((?<!\S)-))?(?:"([^"]*)"|[“„]([^“”„]*)[“”]|«([^«»]*)»|「([^「」]*)」|『([^『』]*)』)';
end $$;
COMMENT ON FUNCTION pipeline_search.phrase_pattern() IS 'A regular expression for text in quotes, with an optional minus before it.';
REVOKE ALL ON FUNCTION pipeline_search.phrase_pattern() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.phrase_pattern() TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.phrase_pattern() TO service_role;

CREATE FUNCTION pipeline_search.phrase_term(p_phrase text, p_role text, p_configs regconfig[], p_tag text) RETURNS pipeline_search.term
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_term pipeline_search.term;
  v_exact text[] := array[]::text[];
  v_keys text[] := array[]::text[];
  v_config regconfig;
  v_lexemes text[];
  v_pairs text[] := pipeline_words.bigrams(p_phrase);
begin
  v_term.word := p_phrase;
  v_term.role := p_role;
  v_term.lexemes := v_pairs;
  v_term.prefixes := '{}';
  foreach v_config in array p_configs loop
    v_lexemes := tsvector_to_array(pipeline_words.stems(v_config, p_phrase));
    continue when cardinality(v_lexemes) = 0;
    if length(pipeline_words.stems(v_config, p_phrase))
       < length(pipeline_words.stems('pg_catalog.simple', p_phrase)) then
      v_term.literal := pipeline_search.literal(p_phrase);
    end if;
    v_exact := v_exact || pipeline_words.unaccented(
      phraseto_tsquery(v_config, regexp_replace(p_phrase, pipeline_words.unspaced(), ' ', 'g'))::text);
    v_keys := v_keys || pipeline_search.all_of(v_lexemes, p_tag);
    v_term.lexemes := v_term.lexemes || v_lexemes;
  end loop;
  if cardinality(v_exact) > 0 then
    v_term.exact := (select string_agg(distinct '(' || alternative || ')', ' | ')
      from unnest(v_exact) alternative)::tsquery;
    v_term.keys := (select string_agg(distinct '(' || alternative || ')', ' | ')
      from unnest(v_keys) alternative)::tsquery;
  end if;
  if cardinality(v_pairs) > 0 or v_term.exact is null then
    v_term.literal := pipeline_search.literal(p_phrase);
  end if;
  if cardinality(v_pairs) > 0 then
    v_term.exact := case when v_term.exact is null then pipeline_search.all_of(v_pairs)::tsquery
                         else v_term.exact && pipeline_search.all_of(v_pairs)::tsquery end;
    v_term.keys := case when v_term.keys is null then pipeline_search.all_of(v_pairs, p_tag)::tsquery
                        else v_term.keys && pipeline_search.all_of(v_pairs, p_tag)::tsquery end;
  end if;
  v_term.size := (coalesce(numnode(v_term.exact), 0) + 1) / 2;
  return v_term;
end $$;
COMMENT ON FUNCTION pipeline_search.phrase_term(p_phrase text, p_role text, p_configs regconfig[], p_tag text) IS 'A phrase as a term: its words next to each other, in order. Its queries are null if no language has a stem for it.';
REVOKE ALL ON FUNCTION pipeline_search.phrase_term(p_phrase text, p_role text, p_configs regconfig[], p_tag text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.phrase_term(p_phrase text, p_role text, p_configs regconfig[], p_tag text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.phrase_term(p_phrase text, p_role text, p_configs regconfig[], p_tag text) TO service_role;

CREATE FUNCTION pipeline_search.phrases(p_normal text) RETURNS TABLE(is_excluded boolean, phrase text)
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return query
  select m.found[1] is not null, btrim(coalesce(m.found[2], m.found[3], m.found[4], m.found[5], m.found[6]))
  from regexp_matches(p_normal, pipeline_search.phrase_pattern(), 'g') m (found)
  where btrim(coalesce(m.found[2], m.found[3], m.found[4], m.found[5], m.found[6])) <> '';
end $$;
COMMENT ON FUNCTION pipeline_search.phrases(p_normal text) IS 'The phrases of a normal text: what stands in the quotes of several languages.';
REVOKE ALL ON FUNCTION pipeline_search.phrases(p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.phrases(p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.phrases(p_normal text) TO service_role;

CREATE FUNCTION pipeline_search.quoted(p_lexeme text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return '''' || replace(replace(p_lexeme, '\', '\\'), '''', '''''') || '''';
end $$;
COMMENT ON FUNCTION pipeline_search.quoted(p_lexeme text) IS 'A word of the index, quoted for a tsquery.';
REVOKE ALL ON FUNCTION pipeline_search.quoted(p_lexeme text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.quoted(p_lexeme text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.quoted(p_lexeme text) TO service_role;

CREATE FUNCTION pipeline_search.require_caller_account() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if auth.uid() is not null then perform pipeline_internal.require_account(auth.uid()); end if;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_search.require_caller_account() IS 'Returns true, or refuses a caller whose account was deleted, with PT401. Runs as its owner: users have no rights on accounts, and learn only about their own.';
REVOKE ALL ON FUNCTION pipeline_search.require_caller_account() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.require_caller_account() TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.require_caller_account() TO service_role;

CREATE FUNCTION pipeline_search.rerank_nearest(p_embedding extensions.halfvec, p_chunk_ids uuid[], p_count integer) RETURNS TABLE(chunk_id uuid, similarity double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return query
  select c.chunk_id, 1 - (c.embedding operator(extensions.<=>) p_embedding)
  from upload_pipeline.document_chunks c
  where c.chunk_id = any (p_chunk_ids)
  order by 2 desc, 1
  limit p_count;
end $$;
COMMENT ON FUNCTION pipeline_search.rerank_nearest(p_embedding extensions.halfvec, p_chunk_ids uuid[], p_count integer) IS 'The nearest of these chunks to a vector, with their exact cosine similarity.';
REVOKE ALL ON FUNCTION pipeline_search.rerank_nearest(p_embedding extensions.halfvec, p_chunk_ids uuid[], p_count integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.rerank_nearest(p_embedding extensions.halfvec, p_chunk_ids uuid[], p_count integer) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.rerank_nearest(p_embedding extensions.halfvec, p_chunk_ids uuid[], p_count integer) TO service_role;

CREATE FUNCTION pipeline_search.search(query_embedding extensions.vector DEFAULT NULL::extensions.vector, query_text text DEFAULT NULL::text, match_count integer DEFAULT 8, document_ids uuid[] DEFAULT NULL::uuid[], mode text DEFAULT 'hybrid'::text, min_score double precision DEFAULT NULL::double precision, min_similarity double precision DEFAULT NULL::double precision, expand integer DEFAULT 0, max_per_document integer DEFAULT NULL::integer, weight_words double precision DEFAULT NULL::double precision, weight_meaning double precision DEFAULT NULL::double precision, language text DEFAULT NULL::text, after_score double precision DEFAULT NULL::double precision, after_chunk_id uuid DEFAULT NULL::uuid, explain boolean DEFAULT false, explain_chunk_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $_$
#variable_conflict use_variable
declare
  -- More than a user types; pasted text cannot cost more than this.
  c_characters constant int := 2000;
  c_terms constant int := 64;
  c_documents constant int := 100;
  v_count int := least(greatest(coalesce(match_count, 1), 1), 50);
  v_expand int := least(greatest(coalesce(expand, 0), 0), 2);
  v_weight_words double precision := coalesce(weight_words, 0.5);
  v_weight_meaning double precision := coalesce(weight_meaning, 0.5);
  v_embedding extensions.halfvec(1536) := query_embedding::extensions.halfvec(1536);
  v_configs regconfig[];
  v_language text;
  v_terms pipeline_search.term[];
  v_left_out text[];
  v_literal text;
  v_candidates pipeline_search.candidate[];
  v_page pipeline_search.candidate[];
  v_duplicates pipeline_search.candidate[];
  v_marked pipeline_search.term[];
  v_lexemes text[];
  v_prefixes text[];
  v_notices jsonb := '[]'::jsonb;
begin
  if (select pipeline_access.caller_id()) is null then
    raise exception 'only a signed-in user can search' using errcode = 'insufficient_privilege';
  elsif mode is null or mode not in ('hybrid', 'vector', 'text') then
    raise exception 'mode must be hybrid, vector or text, not %', coalesce(mode, 'null')
      using errcode = 'invalid_parameter_value';
  elsif char_length(query_text) > c_characters then
    raise exception 'query_text must have at most % characters, not %', c_characters, char_length(query_text)
      using errcode = 'invalid_parameter_value';
  elsif cardinality(document_ids) > c_documents then
    raise exception 'document_ids must have at most % elements, not %', c_documents, cardinality(document_ids)
      using errcode = 'invalid_parameter_value';
  elsif v_weight_words not between 0 and 1 or v_weight_meaning not between 0 and 1
    or v_weight_words + v_weight_meaning = 0 then
    raise exception 'weight_words and weight_meaning must be between 0 and 1, and one of them above 0'
      using errcode = 'invalid_parameter_value';
  elsif language !~ '^[a-z]{2}$' then
    raise exception 'language must be an ISO 639-1 code of two lower-case letters, not %', language
      using errcode = 'invalid_parameter_value';
  elsif max_per_document < 1 then
    raise exception 'max_per_document must be at least 1, not %', max_per_document
      using errcode = 'invalid_parameter_value';
  elsif (after_score is null) <> (after_chunk_id is null) then
    raise exception 'after_score and after_chunk_id must be given together' using errcode = 'invalid_parameter_value';
  end if;

  -- Only after the checks above: the Data API accepts any text.
  if mode <> 'vector' then v_language := coalesce(language, pipeline_search.detect_language(query_text)); end if;
  v_configs := array(
    select distinct pipeline_words.config(l.language)
    from (
      select distinct d.language from upload_pipeline.documents d
      where document_ids is null or d.document_id = any (document_ids)) l);
  v_terms := pipeline_search.parse_query(
    query_text, v_configs, case when language is not null then pipeline_words.config(language) end,
    (select auth.uid()));
  if cardinality(v_terms) > c_terms then
    v_left_out := array(select t.word from unnest(v_terms[c_terms + 1:]) t);
    v_terms := v_terms[:c_terms];
    v_notices := v_notices || jsonb_build_object(
      'code', 'WORDS_LEFT_OUT', 'message', format('Only the first %s words were searched.', c_terms),
      'words', to_jsonb(v_left_out));
  end if;
  if mode <> 'vector' then
    v_terms := pipeline_search.weigh_terms(v_terms, v_configs);
    v_notices := v_notices || coalesce((
      select jsonb_agg(jsonb_build_object(
        'code', 'SPELLING_CORRECTED',
        'message', format('No chunk contains "%s"; "%s" was searched instead.', t.word, t.taken_for),
        'word', t.word, 'taken_for', t.taken_for))
      from unnest(v_terms) t where t.taken_for is not null), '[]');
    if cardinality(v_terms) = 0 and pipeline_words.normal(query_text) ~ '[^\s[:punct:]]|\S\S' then
      v_literal := pipeline_search.literal(pipeline_words.normal(query_text));
      v_notices := v_notices || jsonb_build_object(
        'code', 'COMMON_WORDS_ONLY',
        'message', 'All of these words are too common to search; the text was searched literally.');
    end if;
  end if;

  v_candidates := array(
    select c from pipeline_search.candidates(
      v_terms, v_literal, v_embedding, document_ids, mode, min_score, min_similarity, max_per_document,
      v_weight_words, v_weight_meaning, v_language, explain_chunk_id) c);
  v_page := array(
    select c from unnest(v_candidates) c
    where c.drop_reason is null
      and (after_score is null or c.score < after_score or c.score = after_score and c.chunk_id > after_chunk_id)
    order by c.score desc, c.chunk_id
    limit v_count + 1);

  v_marked := pipeline_search.highlighted_terms(v_terms);
  v_lexemes := array(select distinct l from unnest(v_marked) t, unnest(t.lexemes) l);
  v_prefixes := array(select distinct l from unnest(v_marked) t, unnest(t.prefixes) l);
  v_duplicates := array(select c from unnest(v_candidates) c where c.same_as is not null);
  return jsonb_build_object(
    'results', coalesce((
      select jsonb_agg(
        pipeline_search.hit(c, v_marked, v_lexemes, v_prefixes, v_duplicates, v_expand)
        || case when explain then jsonb_build_object(
             'explanation', pipeline_search.explanation(c, v_terms, v_weight_words, v_weight_meaning)) else '{}' end
        order by c.score desc, c.chunk_id)
      from unnest(v_page[:v_count]) c), '[]'),
    'next', case when cardinality(v_page) > v_count then jsonb_build_object(
      'score', (v_page[v_count]).score, 'chunk_id', (v_page[v_count]).chunk_id) end,
    'notices', v_notices,
    'explained', case when explain_chunk_id is not null then pipeline_search.explain_chunk(
      explain_chunk_id, v_candidates, v_page[:v_count], v_terms, document_ids, mode,
      v_weight_words, v_weight_meaning) end);
end $_$;
COMMENT ON FUNCTION pipeline_search.search(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean, explain_chunk_id uuid) IS 'Searches the caller''s own chunks and returns {results, next, notices, explained}: at most 50 results, the best first; a client passes next as after_score and after_chunk_id to get the following page. Runs with the caller''s rights: row-level security decides what it can find.';
REVOKE ALL ON FUNCTION pipeline_search.search(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean, explain_chunk_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.search(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean, explain_chunk_id uuid) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.search(query_embedding extensions.vector, query_text text, match_count integer, document_ids uuid[], mode text, min_score double precision, min_similarity double precision, expand integer, max_per_document integer, weight_words double precision, weight_meaning double precision, language text, after_score double precision, after_chunk_id uuid, explain boolean, explain_chunk_id uuid) TO service_role;

CREATE FUNCTION pipeline_search.similar_words(p_owner uuid, p_term pipeline_search.term) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  -- The most chunks that are searched for similar words.
  c_read constant int := 60;
  v_tag text := pipeline_words.owner_tag(p_owner);
  v_forms text[] := array(
    select distinct form from unnest(p_term.lexemes || pipeline_words.unaccented(p_term.word)) form);
  v_length int := char_length(pipeline_words.unaccented(p_term.word));
  v_most int := case when v_length >= 8 then 2 else 1 end;
  v_found text[];
  v_part text;
begin
  -- A word with one mistake has a correct beginning or end. Longer parts come first, because fewer words share them.
  for v_part in
    select p.part
    from unnest(v_forms) f (form)
    cross join lateral (select char_length(f.form) as length) l
    cross join lateral (
      select n, left(f.form, n) as part from generate_series(greatest(2, l.length / 2), l.length - 1) n
      union all
      select n, '<' || left(reverse(f.form), n) from generate_series(greatest(3, l.length / 2), l.length - 1) n
    ) p
    group by p.n, p.part
    order by p.n desc, p.part
  loop
    v_found := array(
      select near.lexeme
      from (
        select w.lexeme, min(
          case when extensions.levenshtein_less_equal(w.lexeme, f.form, 2) = 2
                    and (select string_agg(l, '' order by l) from regexp_split_to_table(w.lexeme, '') l)
                        = (select string_agg(l, '' order by l) from regexp_split_to_table(f.form, '') l)
               -- Two swapped letters are one mistake.
               then 1 else extensions.levenshtein_less_equal(w.lexeme, f.form, v_most) end) as mistakes, w.chunk_count
        from (
          select lexeme, count(*) as chunk_count
          from (
            select c.search_text
            from pipeline_search.matching_chunks(
              p_owner, (pipeline_search.quoted(v_tag || v_part) || ':*')::tsquery, null, c_read) w (chunk_id)
            join upload_pipeline.document_chunks c on c.chunk_id = w.chunk_id
          ) c
          cross join lateral unnest(tsvector_to_array(c.search_text)) lexeme
          where char_length(lexeme) between v_length - 3 and least(v_length + 2, 60)
            and case when v_part like '<%' then right(lexeme, char_length(v_part) - 1) = reverse(substr(v_part, 2))
                     else starts_with(lexeme, v_part) end
          group by lexeme
        ) w
        cross join unnest(v_forms) f (form)
        where char_length(f.form) between 3 and 60
        group by w.lexeme, w.chunk_count
      ) near
      where near.mistakes <= v_most
      order by near.mistakes, near.chunk_count desc, near.lexeme
      limit 3);
    if cardinality(v_found) > 0 then return v_found; end if;
  end loop;
  return array[]::text[];
end $$;
COMMENT ON FUNCTION pipeline_search.similar_words(p_owner uuid, p_term pipeline_search.term) IS 'At most three words of the owner''s chunks that differ from the term by one or two letters, the likeliest first.';
REVOKE ALL ON FUNCTION pipeline_search.similar_words(p_owner uuid, p_term pipeline_search.term) FROM PUBLIC;

CREATE FUNCTION pipeline_search.surface_form(p_owner uuid, p_lexeme text, p_configs regconfig[]) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
  return coalesce((
    select w.word
    from (
      select c.text
      from pipeline_search.matching_chunks(
        p_owner, pipeline_search.quoted(pipeline_words.owner_tag(p_owner) || p_lexeme)::tsquery, null, 1) w (chunk_id)
      join upload_pipeline.document_chunks c on c.chunk_id = w.chunk_id
    ) c
    cross join lateral (
      select distinct m.word[1] as word
      from regexp_matches(pipeline_words.normal(c.text), '[[:alnum:]]+', 'g') m (word)
    ) w
    cross join unnest(p_configs) config
    where left(pipeline_words.unaccented(w.word), 1) = left(p_lexeme, 1)
      and p_lexeme = any (tsvector_to_array(pipeline_words.stems(config, w.word)))
    order by char_length(w.word), w.word
    limit 1), p_lexeme);
end $$;
COMMENT ON FUNCTION pipeline_search.surface_form(p_owner uuid, p_lexeme text, p_configs regconfig[]) IS 'The word of a text that has this stem.';
REVOKE ALL ON FUNCTION pipeline_search.surface_form(p_owner uuid, p_lexeme text, p_configs regconfig[]) FROM PUBLIC;

CREATE FUNCTION pipeline_search.term(p_word text, p_role text, p_configs regconfig[], p_asked_in regconfig, p_is_last boolean, p_tag text) RETURNS pipeline_search.term
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
declare
  v_term pipeline_search.term;
  v_plain text := pipeline_words.unaccented(p_word);
  v_parts text[] := tsvector_to_array(
    to_tsvector('pg_catalog.simple', pipeline_words.unaccented(pipeline_words.parts(p_word))));
  v_exact text[] := array[]::text[];
  v_keys text[] := array[]::text[];
  v_loose text[] := array[]::text[];
  v_config regconfig;
  v_lexemes text[];
begin
  v_term.word := p_word;
  v_term.role := p_role;
  v_term.lexemes := '{}';
  v_term.prefixes := '{}';
  foreach v_config in array p_configs loop
    v_lexemes := tsvector_to_array(pipeline_words.stems(v_config, p_word));
    continue when cardinality(v_lexemes) = 0;
    -- A match in another language than the question's is a coincidence, or a name.
    if v_config in (p_asked_in, 'pg_catalog.simple'::regconfig) or p_asked_in is null then
      v_exact := v_exact || pipeline_search.all_of(v_lexemes);
    else
      v_loose := v_loose || pipeline_search.all_of(v_lexemes);
    end if;
    v_keys := v_keys || pipeline_search.all_of(v_lexemes, p_tag);
    v_term.lexemes := v_term.lexemes || v_lexemes;
    -- Languages that write compounds as one word: `Betriebskosten` finds `Betriebskostenabrechnung`.
    if cardinality(v_lexemes) = 1 and char_length(v_lexemes[1]) >= 5 and v_config = any (array[
      'pg_catalog.german', 'pg_catalog.dutch', 'pg_catalog.swedish', 'pg_catalog.danish', 'pg_catalog.norwegian',
      'pg_catalog.finnish', 'pg_catalog.hungarian']::regconfig[]) then
      v_term.prefixes := v_term.prefixes || v_lexemes;
    end if;
  end loop;
  if cardinality(v_keys) = 0 then return null; end if;
  if cardinality(v_parts) > 0 then
    v_loose := v_loose || pipeline_search.all_of(v_parts);
    v_keys := v_keys || pipeline_search.all_of(v_parts, p_tag);
    v_term.lexemes := v_term.lexemes || v_parts;
  elsif p_is_last and char_length(v_plain) >= 3 and v_plain ~ '^[^\s[:punct:]]+$' then
    -- The last word may be incomplete.
    v_term.prefixes := v_term.prefixes || v_plain;
  end if;
  v_loose := v_loose || array(select pipeline_search.quoted(prefix) || ':*' from unnest(v_term.prefixes) prefix);
  v_keys := v_keys || array(select pipeline_search.quoted(p_tag || prefix) || ':*' from unnest(v_term.prefixes) prefix);

  v_term.exact := (select string_agg(distinct alternative, ' | ') from unnest(v_exact) alternative)::tsquery;
  v_term.loose := (select string_agg(distinct alternative, ' | ') from unnest(v_loose) alternative)::tsquery;
  v_term.keys := (select string_agg(distinct alternative, ' | ') from unnest(v_keys) alternative)::tsquery;
  v_term.size := (coalesce(numnode(v_term.exact), 0) + 1) / 2;
  return v_term;
end $_$;
COMMENT ON FUNCTION pipeline_search.term(p_word text, p_role text, p_configs regconfig[], p_asked_in regconfig, p_is_last boolean, p_tag text) IS 'A word of a question as a term: its stems in each language. Null if no language has a stem for it.';
REVOKE ALL ON FUNCTION pipeline_search.term(p_word text, p_role text, p_configs regconfig[], p_asked_in regconfig, p_is_last boolean, p_tag text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.term(p_word text, p_role text, p_configs regconfig[], p_asked_in regconfig, p_is_last boolean, p_tag text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.term(p_word text, p_role text, p_configs regconfig[], p_asked_in regconfig, p_is_last boolean, p_tag text) TO service_role;

CREATE FUNCTION pipeline_search.timed_search(p_embedding extensions.halfvec, p_question text, p_count integer, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_started timestamptz := clock_timestamp();
  v_answer jsonb := pipeline_search.search(
    p_embedding::extensions.vector, p_question, p_count, p_document_ids, p_mode, p_min_score, p_min_similarity, 0,
    p_max_per_document, p_weight_words, p_weight_meaning, p_language,
    explain => true, explain_chunk_id => p_explain_chunk_id);
  v_timings jsonb := jsonb_build_object('search_ms', extract(epoch from clock_timestamp() - v_started) * 1000);
  v_part text;
begin
  -- What each retriever takes by itself; both, after the search has brought the rows into memory.
  if p_mode = 'hybrid' then
    foreach v_part in array array['vector', 'text'] loop
      v_started := clock_timestamp();
      perform pipeline_search.search(
        p_embedding::extensions.vector, p_question, p_count, p_document_ids, v_part, language => p_language);
      v_timings := v_timings || jsonb_build_object(
        v_part || '_ms', extract(epoch from clock_timestamp() - v_started) * 1000);
    end loop;
  end if;
  return v_answer || jsonb_build_object('timings', v_timings);
end $$;
COMMENT ON FUNCTION pipeline_search.timed_search(p_embedding extensions.halfvec, p_question text, p_count integer, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid) IS 'As search, for the user of the request, with an explanation of each result and timings {search_ms, vector_ms, text_ms}; the latter two, of each retriever by itself, with mode hybrid. Its owner is the role of signed-in users: so row-level security applies to every caller, and it can do nothing that a user cannot.';
REVOKE ALL ON FUNCTION pipeline_search.timed_search(p_embedding extensions.halfvec, p_question text, p_count integer, p_document_ids uuid[], p_mode text, p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_search.weigh_terms(p_terms pipeline_search.term[], p_configs regconfig[]) RETURNS pipeline_search.term[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  -- With more chunks than this, the number that contain a word is estimated from a sample.
  c_counted constant int := 1000;
  c_sampled constant int := 100;
  v_owner uuid := (select auth.uid());
  v_total double precision := (
    select coalesce(sum(d.chunk_count), 0) from upload_pipeline.documents d where d.user_id = v_owner);
  v_sample tsvector[] := array(
    -- The order of hashes is arbitrary, so this is a random sample.
    select c.search_text from upload_pipeline.document_chunks c
    where c.user_id = v_owner and v_total > c_counted order by c.chunk_sha limit c_sampled);
  v_hits int;
  v_guessed int;
  v_weighed pipeline_search.term[] := array[]::pipeline_search.term[];
  v_term pipeline_search.term;
  v_near text[];
  v_corrected int := 0;
begin
  foreach v_term in array p_terms loop
    if v_term.role <> 'excluded' and v_term.keys is not null then
      v_hits := (
        select count(*) from unnest(v_sample) words
        where words @@ coalesce(v_term.exact || v_term.loose, v_term.exact, v_term.loose));
      v_guessed := v_total * v_hits / c_sampled;
      v_term.chunk_count := case
        when v_hits >= c_sampled / 10 then v_guessed
        else (select count(*) from pipeline_search.matching_chunks(v_owner, v_term.keys, null, c_counted)) end;
      if v_term.chunk_count = c_counted then v_term.chunk_count := greatest(v_guessed, c_counted); end if;
      if v_term.chunk_count = 0 and v_term.role = 'wanted' and v_corrected < 3
         and char_length(v_term.word) between 4 and 60 and v_term.word !~ '[^[:alpha:]]'
         and v_term.word !~ pipeline_words.unspaced() then
        v_near := pipeline_search.similar_words(v_owner, v_term);
        if cardinality(v_near) > 0 then
          v_corrected := v_corrected + 1;
          v_term.taken_for := pipeline_search.surface_form(v_owner, v_near[1], p_configs);
          v_term.exact := null;
          v_term.loose := (select string_agg(pipeline_search.quoted(l), ' | ') from unnest(v_near) l)::tsquery;
          v_term.keys := (
            select string_agg(pipeline_search.quoted(pipeline_words.owner_tag(v_owner) || l), ' | ')
            from unnest(v_near) l)::tsquery;
          v_term.lexemes := v_near;
          v_term.prefixes := '{}';
          v_term.chunk_count := (
            select count(*) from pipeline_search.matching_chunks(v_owner, v_term.keys, null, c_counted));
        end if;
      end if;
      v_term.weight := ln(
        1 + (greatest(v_total, v_term.chunk_count) - greatest(v_term.chunk_count, 1) + 0.5)
        / (greatest(v_term.chunk_count, 1) + 0.5))
        * pipeline_search.content_weight(v_term.word);
    elsif v_term.role = 'required' then
      v_term.weight := 1;
    end if;
    v_weighed := v_weighed || v_term;
  end loop;
  return v_weighed;
end $$;
COMMENT ON FUNCTION pipeline_search.weigh_terms(p_terms pipeline_search.term[], p_configs regconfig[]) IS 'Adds to the terms how many of the caller''s chunks contain them, and a weight: the rarer, the higher. A word that no chunk contains is replaced by a similarly spelt one.';
REVOKE ALL ON FUNCTION pipeline_search.weigh_terms(p_terms pipeline_search.term[], p_configs regconfig[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.weigh_terms(p_terms pipeline_search.term[], p_configs regconfig[]) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.weigh_terms(p_terms pipeline_search.term[], p_configs regconfig[]) TO service_role;

CREATE FUNCTION pipeline_search.with_proximity(p_term pipeline_search.term, p_before pipeline_search.term, p_distance integer) RETURNS pipeline_search.term
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  -- A term of several words has several positions, and neighbouring bigrams overlap, which says the same already.
  if p_term.role = 'wanted' and p_before.role = 'wanted' and p_distance between 1 and 5
     and (p_term.exact || p_before.exact)::text !~ ' & ' and p_term.word !~ pipeline_words.unspaced() then
    p_term.next_to := tsquery_phrase(p_before.exact, p_term.exact, p_distance);
  end if;
  return p_term;
end $$;
COMMENT ON FUNCTION pipeline_search.with_proximity(p_term pipeline_search.term, p_before pipeline_search.term, p_distance integer) IS 'Adds to a term the query for its predecessor at this distance.';
REVOKE ALL ON FUNCTION pipeline_search.with_proximity(p_term pipeline_search.term, p_before pipeline_search.term, p_distance integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.with_proximity(p_term pipeline_search.term, p_before pipeline_search.term, p_distance integer) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.with_proximity(p_term pipeline_search.term, p_before pipeline_search.term, p_distance integer) TO service_role;

CREATE FUNCTION pipeline_search.without_line_breaks(p_normal text, p_is_unspaced boolean) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  -- A text in a script that does not separate words may break its lines anywhere.
  return regexp_replace(p_normal, '\s+', case when p_is_unspaced then '' else ' ' end, 'g');
end $$;
COMMENT ON FUNCTION pipeline_search.without_line_breaks(p_normal text, p_is_unspaced boolean) IS 'A normal text without its line breaks.';
REVOKE ALL ON FUNCTION pipeline_search.without_line_breaks(p_normal text, p_is_unspaced boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.without_line_breaks(p_normal text, p_is_unspaced boolean) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.without_line_breaks(p_normal text, p_is_unspaced boolean) TO service_role;

CREATE FUNCTION pipeline_search.words(p_normal text) RETURNS TABLE(place integer, is_excluded boolean, word text)
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $_$
begin
  return query
  select t.place::int, t.word ~ '^[-−]\D', regexp_replace(
           regexp_replace(t.word, '^[-−](?=\D)|^[¿¡(\[{<*]+|[.,;:!?)\]}>*…。、？！]+$', '', 'g'),
           -- French and Italian elisions and inversions: `d'ouverture`, `dell'acqua`, `vais-je`.
           '^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|[dns]?[ae]ll)[''’](?=[[:alpha:]]{2})'
           '|(?<=[[:alpha:]]{2})-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|ce)$', '', 'g')
  from regexp_split_to_table(
    regexp_replace(p_normal, pipeline_search.phrase_pattern(), ' ', 'g'), '\s+') with ordinality t (word, place)
  where t.word <> '';
end $_$;
COMMENT ON FUNCTION pipeline_search.words(p_normal text) IS 'The words of a normal text outside quotes, without the punctuation around them; -word is excluded.';
REVOKE ALL ON FUNCTION pipeline_search.words(p_normal text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_search.words(p_normal text) TO authenticated;
GRANT ALL ON FUNCTION pipeline_search.words(p_normal text) TO service_role;

CREATE SCHEMA pipeline_internal;
COMMENT ON SCHEMA pipeline_internal IS 'The engine: stages, leases, submissions, deliveries, worker runs. Not exposed; API roles have no rights on it.';
GRANT USAGE ON SCHEMA pipeline_internal TO supabase_auth_admin;

CREATE TYPE pipeline_internal.attempt AS (
	msg_id bigint,
	read_ct integer,
	job_id uuid,
	document_id uuid,
	user_id uuid,
	mime text,
	bytes_len bigint,
	file_sha256 text,
	raw_path text,
	original_path text,
	is_verified boolean,
	parsed_path text,
	page_starts integer[],
	ocr boolean,
	resume jsonb,
	attempt integer,
	correlation_id text,
	lease_seconds real
);
COMMENT ON TYPE pipeline_internal.attempt IS 'What a worker gets to process one job: its lease, and the job''s and document''s fields that stages use.';

CREATE TYPE pipeline_internal.chunk_of_output AS (
	ord integer,
	page_from integer,
	page_to integer,
	page_offsets integer[],
	heading_path text[],
	context text,
	text text,
	tokens integer
);

CREATE TYPE pipeline_internal.chunk_output AS (
	chunker_name text,
	chunker_version text,
	embed_model text,
	language text,
	title text,
	first_ord integer,
	chunks pipeline_internal.chunk_of_output[]
);

CREATE TYPE pipeline_internal.cost AS (
	day date,
	purpose text,
	model text,
	user_id uuid,
	quantity bigint,
	credits numeric,
	cents numeric
);

CREATE TYPE pipeline_internal.exported_row AS (
	sort_key text,
	data jsonb
);

CREATE TYPE pipeline_internal.fetch_result_output AS (
	parsed_path text,
	parsed_sha256 text,
	page_starts integer[],
	warnings jsonb,
	submission_outcome text,
	pages_to_reparse integer[]
);

CREATE TYPE pipeline_internal.lease AS (
	stage text,
	msg_id bigint,
	read_ct integer
);
COMMENT ON TYPE pipeline_internal.lease IS 'The right to settle one attempt: valid until another worker reads the message.';

CREATE TYPE pipeline_internal.parse_output AS (
	submission_id uuid,
	provider_job_id text
);

CREATE TYPE pipeline_internal.settled AS (
	job upload_pipeline.upload_jobs,
	leaves_stage boolean,
	next_stage text,
	delay_seconds integer
);
COMMENT ON TYPE pipeline_internal.settled IS 'A job, as it was, whose settlement took effect. If it leaves its stage, its message in next_stage is to be due after delay_seconds; without a next stage it is complete.';

CREATE TYPE pipeline_internal.settlement AS (
	msg_id bigint,
	read_ct integer,
	outcome text,
	output jsonb,
	code text,
	message text,
	after_seconds double precision,
	fault text,
	charges jsonb
);
COMMENT ON TYPE pipeline_internal.settlement IS 'How one attempt ends, as the worker reports it.';

CREATE TABLE pipeline_internal.alert_rules (
    rule text NOT NULL,
    severity text NOT NULL,
    summary text NOT NULL,
    query text NOT NULL,
    threshold double precision NOT NULL,
    for_seconds integer NOT NULL,
    keep_firing_seconds integer NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    last_error text,
    CONSTRAINT alert_rules_for_seconds_check CHECK ((for_seconds >= 0)),
    CONSTRAINT alert_rules_keep_firing_seconds_check CHECK ((keep_firing_seconds >= 0)),
    CONSTRAINT alert_rules_rule_check CHECK ((rule ~ '^[A-Za-z_]+$'::text)),
    CONSTRAINT alert_rules_severity_check CHECK ((severity = ANY (ARRAY['warning'::text, 'critical'::text])))
);
COMMENT ON TABLE pipeline_internal.alert_rules IS 'The alert rules. An operator may change a threshold, disable a rule, or add one: its query runs with the owner''s rights.';
ALTER TABLE ONLY pipeline_internal.alert_rules
    ADD CONSTRAINT alert_rules_pkey PRIMARY KEY (rule);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE OF rule, severity, summary, query, threshold, for_seconds, keep_firing_seconds, is_enabled ON pipeline_internal.alert_rules FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('rule');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.alert_rules FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE pipeline_internal.alert_rules ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.alert_states (
    rule text NOT NULL,
    subject text NOT NULL,
    value double precision,
    measured_at timestamp with time zone NOT NULL,
    breached_since timestamp with time zone,
    ok_since timestamp with time zone,
    CONSTRAINT breached_or_ok CHECK (((breached_since IS NULL) <> (ok_since IS NULL)))
);
COMMENT ON TABLE pipeline_internal.alert_states IS 'The last value of each subject, and since when it has breached the rule or been ok.';
ALTER TABLE ONLY pipeline_internal.alert_states
    ADD CONSTRAINT alert_states_pkey PRIMARY KEY (rule, subject);
ALTER TABLE ONLY pipeline_internal.alert_states
    ADD CONSTRAINT alert_states_rule_fkey FOREIGN KEY (rule) REFERENCES pipeline_internal.alert_rules(rule) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.alert_states ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.alerts (
    alert_id uuid DEFAULT gen_random_uuid() NOT NULL,
    rule text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL,
    summary text NOT NULL,
    threshold double precision NOT NULL,
    value double precision NOT NULL,
    worst_value double precision NOT NULL,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed_at timestamp with time zone
);
COMMENT ON TABLE pipeline_internal.alerts IS 'The history of alerts. An alert is open while closed_at is null.';
ALTER TABLE ONLY pipeline_internal.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (alert_id);
ALTER TABLE pipeline_internal.alerts ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.audit_log (
    audit_no bigint NOT NULL,
    happened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    database_role name,
    request_id text,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    user_id uuid,
    operator_id uuid,
    subject_id uuid,
    network cidr,
    email_digest text,
    account_gone_at timestamp with time zone,
    CONSTRAINT actions_are_known CHECK (((action = ANY (ARRAY['sign_up'::text, 'sign_in_failed'::text, 'upload'::text, 'delete'::text, 'retry'::text, 'reparse'::text, 'redrive'::text, 'export'::text, 'account_deletion'::text, 'account_deleted'::text, 'webhook_refused'::text, 'key_rotation'::text, 'setting_changed'::text, 'password_changed'::text, 'consent'::text, 'allow_support_access'::text, 'withdraw_support_access'::text])) OR ((actor = 'operator'::text) AND (action ~ '^[a-z_]{3,60}$'::text)))),
    CONSTRAINT audit_log_actor_check CHECK ((actor = ANY (ARRAY['user'::text, 'visitor'::text, 'operator'::text]))),
    CONSTRAINT audit_log_email_digest_check CHECK ((email_digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT only_operators_act_in_the_console CHECK (((operator_id IS NULL) OR (actor = 'operator'::text))),
    CONSTRAINT operators_are_named_by_their_role CHECK (((actor = 'operator'::text) = (database_role IS NOT NULL)))
);
COMMENT ON TABLE pipeline_internal.audit_log IS 'Append-only. One row per action, written in the transaction of the action where that is SQL. Never contains a password, a token, an e-mail address or text of a document.';
ALTER TABLE ONLY pipeline_internal.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (audit_no);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON pipeline_internal.audit_log FOR EACH ROW EXECUTE FUNCTION pipeline_internal.enforce_audit_log_retention();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON pipeline_internal.audit_log FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.forbid_change();
CREATE TRIGGER notify_audit_entry AFTER INSERT ON pipeline_internal.audit_log FOR EACH ROW EXECUTE FUNCTION pipeline_internal.notify_audit_entry();
ALTER TABLE ONLY pipeline_internal.audit_log
    ADD CONSTRAINT audit_log_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES auth.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY pipeline_internal.audit_log
    ADD CONSTRAINT audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE SET NULL;
ALTER TABLE pipeline_internal.audit_log ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.charges (
    charge_no bigint NOT NULL,
    charge_key text,
    day date DEFAULT ((clock_timestamp() AT TIME ZONE 'utc'::text))::date NOT NULL,
    purpose text NOT NULL,
    model text NOT NULL,
    quantity bigint NOT NULL,
    credits numeric,
    cents numeric NOT NULL,
    user_id uuid,
    document_id uuid,
    job_id uuid,
    CONSTRAINT charges_cents_check CHECK ((cents >= (0)::numeric)),
    CONSTRAINT charges_purpose_check CHECK ((purpose = ANY (ARRAY['parse'::text, 'embed'::text, 'search'::text]))),
    CONSTRAINT charges_quantity_check CHECK ((quantity >= 0))
)
WITH (autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_analyze_scale_factor='0.02');
COMMENT ON TABLE pipeline_internal.charges IS 'The cost ledger: one row per parse and per call for embeddings, and one per user and day for searches. The amounts stay when documents and users are deleted; the references to them are cleared.';
ALTER TABLE ONLY pipeline_internal.charges
    ADD CONSTRAINT charges_charge_key_key UNIQUE (charge_key);
ALTER TABLE ONLY pipeline_internal.charges
    ADD CONSTRAINT charges_pkey PRIMARY KEY (charge_no);
CREATE TRIGGER add_up_added AFTER INSERT ON pipeline_internal.charges REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.on_charges_added();
CREATE TRIGGER add_up_changed AFTER UPDATE ON pipeline_internal.charges REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.on_charges_changed();
CREATE TRIGGER add_up_removed AFTER DELETE ON pipeline_internal.charges REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.on_charges_removed();
ALTER TABLE pipeline_internal.charges ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.consents (
    user_id uuid NOT NULL,
    consent_version text NOT NULL,
    consented_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT consents_consent_version_check CHECK (((char_length(consent_version) >= 1) AND (char_length(consent_version) <= 64)))
);
COMMENT ON TABLE pipeline_internal.consents IS 'The version of the terms that each user agreed to last. The time is the database''s own; the audit log has earlier versions.';
ALTER TABLE ONLY pipeline_internal.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY pipeline_internal.consents
    ADD CONSTRAINT consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.consents ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.counters (
    name text NOT NULL,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    value double precision NOT NULL,
    CONSTRAINT counters_name_check CHECK ((name ~ '^pipeline_[a-z_]+$'::text)),
    CONSTRAINT counters_value_check CHECK ((value >= (0)::double precision))
)
WITH (fillfactor='50');
COMMENT ON TABLE pipeline_internal.counters IS 'Totals since the installation, which only grow. The buckets of a histogram (label le) are not cumulative here.';
ALTER TABLE ONLY pipeline_internal.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (name, labels);
ALTER TABLE pipeline_internal.counters ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.daily_costs (
    day date NOT NULL,
    purpose text NOT NULL,
    model text NOT NULL,
    part smallint NOT NULL,
    quantity bigint NOT NULL,
    credits numeric,
    cents numeric NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='200');
COMMENT ON TABLE pipeline_internal.daily_costs IS 'The charges of all users per day, summed over all parts.';
ALTER TABLE ONLY pipeline_internal.daily_costs
    ADD CONSTRAINT daily_costs_pkey PRIMARY KEY (day, purpose, model, part);
ALTER TABLE pipeline_internal.daily_costs ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.deleted_events (
    event_no bigint NOT NULL,
    document_id uuid NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    stage text,
    code text,
    created_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE pipeline_internal.deleted_events IS 'Events that were deleted before they were counted, until they are. In any snapshot an event is either in upload_pipeline.events or here.';
ALTER TABLE ONLY pipeline_internal.deleted_events
    ADD CONSTRAINT deleted_events_pkey PRIMARY KEY (event_no);
ALTER TABLE pipeline_internal.deleted_events ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.deliveries (
    event_id text NOT NULL,
    event_type text NOT NULL,
    provider_job_id text,
    job_id uuid,
    request_id text,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT deliveries_event_id_check CHECK ((char_length(event_id) <= 200))
);
COMMENT ON TABLE pipeline_internal.deliveries IS 'Every verified webhook call, once. LlamaParse signs no timestamp, so the event id identifies a replay.';
ALTER TABLE ONLY pipeline_internal.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (event_id);
ALTER TABLE pipeline_internal.deliveries ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.endpoints (
    endpoint_id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    format text DEFAULT 'standard'::text NOT NULL,
    events text[] NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    previous_secret_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_log_is_for_programs CHECK (((format = 'standard'::text) OR (NOT ('audit.recorded'::text = ANY (events))))),
    CONSTRAINT endpoints_events_check CHECK (((events <@ pipeline_internal.notification_types()) AND (events <> '{}'::text[]))),
    CONSTRAINT endpoints_format_check CHECK ((format = ANY (ARRAY['standard'::text, 'slack'::text]))),
    CONSTRAINT endpoints_name_check CHECK ((name ~ '^[a-z0-9_-]{1,60}$'::text)),
    CONSTRAINT endpoints_url_check CHECK ((url ~ '^https?://'::text))
);
COMMENT ON TABLE pipeline_internal.endpoints IS 'The endpoints and the events that they subscribe to. The secret of each is in Vault as pipeline_endpoint_<endpoint_id>, and the replaced secret as …_previous.';
ALTER TABLE ONLY pipeline_internal.endpoints
    ADD CONSTRAINT endpoints_name_key UNIQUE (name);
ALTER TABLE ONLY pipeline_internal.endpoints
    ADD CONSTRAINT endpoints_pkey PRIMARY KEY (endpoint_id);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE ON pipeline_internal.endpoints FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('name');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.endpoints FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE pipeline_internal.endpoints ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.file_cleanups (
    cleanup_no bigint NOT NULL,
    path text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE pipeline_internal.file_cleanups IS 'Files that no document needs. Only Storage can remove the bytes, so the worker asks it to.';
ALTER TABLE ONLY pipeline_internal.file_cleanups
    ADD CONSTRAINT file_cleanups_pkey PRIMARY KEY (cleanup_no);
ALTER TABLE pipeline_internal.file_cleanups ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.file_types (
    extension text NOT NULL,
    mime text NOT NULL,
    aliases text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT file_types_extension_check CHECK ((extension ~ '^[a-z]+$'::text))
);
COMMENT ON TABLE pipeline_internal.file_types IS 'Every file type that the pipeline can verify and parse. limits.allowed_mime_types says which of them users may upload.';
ALTER TABLE ONLY pipeline_internal.file_types
    ADD CONSTRAINT file_types_mime_key UNIQUE (mime);
ALTER TABLE ONLY pipeline_internal.file_types
    ADD CONSTRAINT file_types_pkey PRIMARY KEY (extension);
ALTER TABLE pipeline_internal.file_types ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.history (
    step_minutes smallint NOT NULL,
    since timestamp with time zone NOT NULL,
    stage text NOT NULL,
    transition_count integer DEFAULT 0 NOT NULL,
    p50_seconds real,
    p95_seconds real,
    failed_count integer DEFAULT 0 NOT NULL,
    registered_count integer DEFAULT 0 NOT NULL,
    message_count integer,
    oldest_due_seconds real,
    CONSTRAINT history_step_minutes_check CHECK ((step_minutes = ANY (ARRAY[1, 10, 60])))
)
WITH (fillfactor='50');
COMMENT ON TABLE pipeline_internal.history IS 'Throughput, durations, failures and queues by time. Minutes are kept for two hours, ten minutes for a day, hours as retention says. Quantiles are within 5 % of the true ones.';
ALTER TABLE ONLY pipeline_internal.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (step_minutes, since, stage);
ALTER TABLE pipeline_internal.history ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.idempotency_keys (
    user_id uuid NOT NULL,
    key text NOT NULL,
    request_sha256 text NOT NULL,
    answer jsonb,
    claimed_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255))),
    CONSTRAINT idempotency_keys_request_sha256_check CHECK ((request_sha256 ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE pipeline_internal.idempotency_keys IS 'One row for each Idempotency-Key of a user, for a day: a digest of the request, and its answer.';
ALTER TABLE ONLY pipeline_internal.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);
ALTER TABLE ONLY pipeline_internal.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.idempotency_keys ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.limits (
    singleton boolean DEFAULT true NOT NULL,
    max_file_bytes bigint DEFAULT ((25 * 1024) * 1024) NOT NULL,
    max_pages integer DEFAULT 200 NOT NULL,
    max_text_bytes integer DEFAULT ((3 * 1024) * 1024) NOT NULL,
    max_failed_page_ratio real DEFAULT 1 NOT NULL,
    ocr_languages text[] DEFAULT '{}'::text[] NOT NULL,
    active_documents_per_user integer DEFAULT 2 NOT NULL,
    uploads_per_user_per_day integer DEFAULT 30 NOT NULL,
    pages_per_user_per_day integer DEFAULT 6000 NOT NULL,
    documents_per_user integer DEFAULT 1000 NOT NULL,
    bytes_per_user bigint DEFAULT '5368709120'::bigint NOT NULL,
    status_polls_per_minute integer DEFAULT 10 NOT NULL,
    requests_per_user_per_hour integer DEFAULT 1000 NOT NULL,
    upload_url_seconds integer DEFAULT 7200 NOT NULL,
    allowed_mime_types text[] DEFAULT ARRAY['application/pdf'::text] NOT NULL,
    parse_deadline_seconds integer DEFAULT 3600 NOT NULL,
    first_poll_seconds real DEFAULT 5 NOT NULL,
    max_poll_seconds real DEFAULT 60 NOT NULL,
    allow_anonymous_users boolean DEFAULT false NOT NULL,
    required_consent_version text,
    wrong_passwords_per_account integer DEFAULT 20 NOT NULL,
    sign_in_attempts_per_address integer DEFAULT 30 NOT NULL,
    sign_in_window_seconds integer DEFAULT 600 NOT NULL,
    mfa_for_deletion boolean DEFAULT false NOT NULL,
    monthly_budget_cents numeric,
    monthly_budget_cents_per_user numeric DEFAULT 75000,
    expected_bytes_per_page integer DEFAULT 2000 NOT NULL,
    live_status boolean DEFAULT true NOT NULL,
    CONSTRAINT limits_active_documents_per_user_check CHECK ((active_documents_per_user > 0)),
    CONSTRAINT limits_bytes_per_user_check CHECK ((bytes_per_user > 0)),
    CONSTRAINT limits_check CHECK (((max_poll_seconds >= first_poll_seconds) AND (max_poll_seconds <= (86400)::double precision))),
    CONSTRAINT limits_documents_per_user_check CHECK ((documents_per_user > 0)),
    CONSTRAINT limits_expected_bytes_per_page_check CHECK ((expected_bytes_per_page > 0)),
    CONSTRAINT limits_first_poll_seconds_check CHECK ((first_poll_seconds > (0)::double precision)),
    CONSTRAINT limits_max_failed_page_ratio_check CHECK (((max_failed_page_ratio >= (0)::double precision) AND (max_failed_page_ratio <= (1)::double precision))),
    CONSTRAINT limits_max_file_bytes_check CHECK ((max_file_bytes > 0)),
    CONSTRAINT limits_max_pages_check CHECK ((max_pages > 0)),
    CONSTRAINT limits_max_text_bytes_check CHECK ((max_text_bytes > 0)),
    CONSTRAINT limits_monthly_budget_cents_check CHECK ((monthly_budget_cents >= (0)::numeric)),
    CONSTRAINT limits_monthly_budget_cents_per_user_check CHECK ((monthly_budget_cents_per_user >= (0)::numeric)),
    CONSTRAINT limits_ocr_languages_check CHECK (((''::text <> ALL (ocr_languages)) AND (array_to_string(ocr_languages, '
'::text, '?'::text) ~ '^([a-z]{2,3}([_-][a-zA-Z]+)?(\n|$))*$'::text))),
    CONSTRAINT limits_pages_per_user_per_day_check CHECK ((pages_per_user_per_day > 0)),
    CONSTRAINT limits_parse_deadline_seconds_check CHECK ((parse_deadline_seconds > 0)),
    CONSTRAINT limits_requests_per_user_per_hour_check CHECK ((requests_per_user_per_hour > 0)),
    CONSTRAINT limits_required_consent_version_check CHECK (((char_length(required_consent_version) >= 1) AND (char_length(required_consent_version) <= 64))),
    CONSTRAINT limits_sign_in_attempts_per_address_check CHECK ((sign_in_attempts_per_address > 0)),
    CONSTRAINT limits_sign_in_window_seconds_check CHECK ((sign_in_window_seconds > 0)),
    CONSTRAINT limits_singleton_check CHECK (singleton),
    CONSTRAINT limits_status_polls_per_minute_check CHECK ((status_polls_per_minute > 0)),
    CONSTRAINT limits_upload_url_seconds_check CHECK ((upload_url_seconds > 0)),
    CONSTRAINT limits_uploads_per_user_per_day_check CHECK ((uploads_per_user_per_day > 0)),
    CONSTRAINT limits_wrong_passwords_per_account_check CHECK ((wrong_passwords_per_account > 0))
);
COMMENT ON TABLE pipeline_internal.limits IS 'All limits. One row.';
COMMENT ON COLUMN pipeline_internal.limits.max_file_bytes IS 'The largest file.';
COMMENT ON COLUMN pipeline_internal.limits.max_pages IS 'The most pages of a document.';
COMMENT ON COLUMN pipeline_internal.limits.max_text_bytes IS 'The longest parsed text of a document.';
COMMENT ON COLUMN pipeline_internal.limits.max_failed_page_ratio IS 'The share of a document''s pages, 0 to 1, that may fail before the parse itself fails.';
COMMENT ON COLUMN pipeline_internal.limits.ocr_languages IS 'The languages of scans, the main one first: ISO 639-1 codes or LlamaParse''s own codes (ch_sim). Empty: the parser''s default.';
COMMENT ON COLUMN pipeline_internal.limits.active_documents_per_user IS 'Documents of one user that are in work at once. Further ones wait in the user queue.';
COMMENT ON COLUMN pipeline_internal.limits.uploads_per_user_per_day IS 'Documents that one user starts work on in 24 hours: registered, registered again after a failure or expiry, retried or reparsed. Deleted documents count too.';
COMMENT ON COLUMN pipeline_internal.limits.pages_per_user_per_day IS 'Pages that LlamaParse is asked to read for one user in 24 hours, reparses and resubmissions included.';
COMMENT ON COLUMN pipeline_internal.limits.documents_per_user IS 'Documents that one user may keep.';
COMMENT ON COLUMN pipeline_internal.limits.bytes_per_user IS 'Bytes of files that one user may keep.';
COMMENT ON COLUMN pipeline_internal.limits.status_polls_per_minute IS 'Requests for the status of one document or job.';
COMMENT ON COLUMN pipeline_internal.limits.requests_per_user_per_hour IS 'Requests of one user.';
COMMENT ON COLUMN pipeline_internal.limits.upload_url_seconds IS 'How long a signed URL is valid. Storage sets this.';
COMMENT ON COLUMN pipeline_internal.limits.allowed_mime_types IS 'File types that may be uploaded. Set it through allow_file_types, which changes the bucket too.';
COMMENT ON COLUMN pipeline_internal.limits.parse_deadline_seconds IS 'How long LlamaParse may take before the parse is given up.';
COMMENT ON COLUMN pipeline_internal.limits.first_poll_seconds IS 'When LlamaParse is first polled if no callback came.';
COMMENT ON COLUMN pipeline_internal.limits.max_poll_seconds IS 'The longest interval between two polls.';
COMMENT ON COLUMN pipeline_internal.limits.allow_anonymous_users IS 'Whether the pipeline serves users whom Auth created without an address or a password (is_anonymous). One person can create any number of them.';
COMMENT ON COLUMN pipeline_internal.limits.required_consent_version IS 'The version of your terms to which users must have agreed before the API accepts a document. Null: none.';
COMMENT ON COLUMN pipeline_internal.limits.wrong_passwords_per_account IS 'Wrong passwords of one account within sign_in_window_seconds. Beyond it the account takes no password until the window ends.';
COMMENT ON COLUMN pipeline_internal.limits.sign_in_attempts_per_address IS 'Attempts to sign in or up from one address, and as many to refresh a session.';
COMMENT ON COLUMN pipeline_internal.limits.sign_in_window_seconds IS 'The window in which attempts and wrong passwords are counted.';
COMMENT ON COLUMN pipeline_internal.limits.mfa_for_deletion IS 'Whether the deletion of an account requires a session with a second factor (aal2). A user without one must enrol one first.';
COMMENT ON COLUMN pipeline_internal.limits.monthly_budget_cents IS 'What all users together may cost in a month, in US cents. Null: no budget.';
COMMENT ON COLUMN pipeline_internal.limits.monthly_budget_cents_per_user IS 'What one user may cost in a month, in US cents. Null: no budget. The default is what a user''s daily limits cost in a month at list price.';
COMMENT ON COLUMN pipeline_internal.limits.expected_bytes_per_page IS 'Bytes for which one page is expected of a file that was not parsed yet.';
COMMENT ON COLUMN pipeline_internal.limits.live_status IS 'Whether Realtime broadcasts each move of a document to its owner. Without Realtime in the database, nothing is broadcast.';
ALTER TABLE ONLY pipeline_internal.limits
    ADD CONSTRAINT limits_pkey PRIMARY KEY (singleton);
CREATE TRIGGER on_file_limits_changed AFTER UPDATE OF max_file_bytes, max_text_bytes ON pipeline_internal.limits FOR EACH ROW EXECUTE FUNCTION pipeline_internal.on_file_limits_changed();
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE ON pipeline_internal.limits FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change();
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.limits FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE pipeline_internal.limits ENABLE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE pipeline_internal.metric_snapshots (
    read_at timestamp with time zone NOT NULL,
    samples jsonb NOT NULL
);
COMMENT ON TABLE pipeline_internal.metric_snapshots IS 'The metrics of the last hour; no rule looks back further. A crash of the database empties the table.';
ALTER TABLE ONLY pipeline_internal.metric_snapshots
    ADD CONSTRAINT metric_snapshots_pkey PRIMARY KEY (read_at);
ALTER TABLE pipeline_internal.metric_snapshots ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.outbox (
    delivery_no bigint NOT NULL,
    message_id text NOT NULL,
    endpoint_id uuid NOT NULL,
    type text NOT NULL,
    body text,
    audit_no bigint,
    user_id uuid,
    document_id uuid,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    attempt_count integer DEFAULT 0 NOT NULL,
    delivered_at timestamp with time zone,
    given_up_at timestamp with time zone,
    last_status integer,
    last_error text,
    CONSTRAINT what_waits_has_a_body CHECK (((num_nonnulls(body, audit_no) = 1) OR (delivered_at IS NOT NULL)))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');
COMMENT ON TABLE pipeline_internal.outbox IS 'One row per notification and endpoint. Delivered at least once, in no particular order; given up after twelve attempts, in about a day.';
ALTER TABLE ONLY pipeline_internal.outbox
    ADD CONSTRAINT outbox_endpoint_id_message_id_key UNIQUE (endpoint_id, message_id);
ALTER TABLE ONLY pipeline_internal.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (delivery_no);
ALTER TABLE ONLY pipeline_internal.outbox
    ADD CONSTRAINT outbox_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES pipeline_internal.endpoints(endpoint_id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.outbox ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.parse_cancellations (
    submission_id uuid NOT NULL,
    provider_job_id text,
    submission_requested_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempt_count integer DEFAULT 0 NOT NULL
);
COMMENT ON TABLE pipeline_internal.parse_cancellations IS 'Submissions to LlamaParse whose document was deleted: the worker cancels them if they run, and deletes them there.';
ALTER TABLE ONLY pipeline_internal.parse_cancellations
    ADD CONSTRAINT parse_cancellations_pkey PRIMARY KEY (submission_id);
ALTER TABLE pipeline_internal.parse_cancellations ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.pending_chunks (
    document_id uuid NOT NULL,
    ord integer NOT NULL,
    chunk_id uuid NOT NULL,
    user_id uuid NOT NULL,
    chunker_name text NOT NULL,
    chunker_version text NOT NULL,
    page_from integer,
    page_to integer,
    page_offsets integer[] NOT NULL,
    heading_path text[] NOT NULL,
    text text NOT NULL,
    context text NOT NULL,
    chunk_sha text NOT NULL,
    token_count integer NOT NULL,
    search_text tsvector NOT NULL,
    CONSTRAINT pages_are_a_range CHECK ((((page_from IS NULL) = (page_to IS NULL)) AND (page_to >= page_from) AND (cardinality(page_offsets) = COALESCE(((page_to - page_from) + 1), 0)))),
    CONSTRAINT pending_chunks_ord_check CHECK ((ord >= 0)),
    CONSTRAINT pending_chunks_page_from_check CHECK ((page_from > 0)),
    CONSTRAINT pending_chunks_text_check CHECK ((text <> ''::text)),
    CONSTRAINT pending_chunks_token_count_check CHECK ((token_count > 0))
)
WITH (toast_tuple_target='8160', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500', autovacuum_analyze_scale_factor='0.05', autovacuum_vacuum_cost_limit='2000');
COMMENT ON TABLE pipeline_internal.pending_chunks IS 'The pending version of a document. The end of embed moves all of its chunks to document_chunks, each with its vector.';
ALTER TABLE ONLY pipeline_internal.pending_chunks
    ADD CONSTRAINT pending_chunks_pkey PRIMARY KEY (document_id, ord);
ALTER TABLE ONLY pipeline_internal.pending_chunks
    ADD CONSTRAINT pending_chunks_document_id_user_id_fkey FOREIGN KEY (document_id, user_id) REFERENCES upload_pipeline.documents(document_id, user_id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.pending_chunks ENABLE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE pipeline_internal.pending_sign_ins (
    sign_in_no bigint NOT NULL,
    user_id uuid NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    is_seen_by_hook boolean DEFAULT false NOT NULL
);
COMMENT ON TABLE pipeline_internal.pending_sign_ins IS 'Sign-ins that the API has begun, and records itself with the caller''s network, so the hook must not.';
ALTER TABLE ONLY pipeline_internal.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_pkey PRIMARY KEY (sign_in_no);
ALTER TABLE ONLY pipeline_internal.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.pending_sign_ins ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.pending_vectors (
    document_id uuid NOT NULL,
    chunk_sha text NOT NULL,
    user_id uuid NOT NULL,
    embed_model text NOT NULL,
    embedding extensions.halfvec(1536) NOT NULL,
    embedded_at timestamp with time zone NOT NULL
)
WITH (toast_tuple_target='4080', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500', autovacuum_analyze_scale_factor='0.05', autovacuum_vacuum_cost_limit='2000');
ALTER TABLE ONLY pipeline_internal.pending_vectors ALTER COLUMN embedding SET STORAGE PLAIN;
COMMENT ON TABLE pipeline_internal.pending_vectors IS 'The vectors of the pending version, each written once. They stay until the document answers with them, even if it is chunked again before, because they were paid for.';
ALTER TABLE ONLY pipeline_internal.pending_vectors
    ADD CONSTRAINT pending_vectors_pkey PRIMARY KEY (document_id, chunk_sha);
ALTER TABLE ONLY pipeline_internal.pending_vectors
    ADD CONSTRAINT pending_vectors_document_id_user_id_fkey FOREIGN KEY (document_id, user_id) REFERENCES upload_pipeline.documents(document_id, user_id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.pending_vectors ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.prices (
    unit text NOT NULL,
    model text NOT NULL,
    cents numeric NOT NULL,
    credits numeric,
    is_expected boolean DEFAULT false NOT NULL,
    source text NOT NULL,
    CONSTRAINT prices_cents_check CHECK ((cents >= (0)::numeric)),
    CONSTRAINT prices_credits_check CHECK ((credits > (0)::numeric)),
    CONSTRAINT prices_unit_check CHECK ((unit = ANY (ARRAY['page'::text, 'token'::text])))
);
COMMENT ON TABLE pipeline_internal.prices IS 'The prices of the providers. Set the cents to what your account pays; earlier charges keep their price.';
ALTER TABLE ONLY pipeline_internal.prices
    ADD CONSTRAINT prices_pkey PRIMARY KEY (unit, model);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE OF unit, model, cents, credits, source ON pipeline_internal.prices FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('unit', 'model');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.prices FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE pipeline_internal.prices ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.providers (
    provider text NOT NULL,
    requests_per_minute real NOT NULL,
    request_burst real NOT NULL,
    tokens_per_minute real NOT NULL,
    token_burst real NOT NULL,
    request_level real NOT NULL,
    token_level real NOT NULL,
    refilled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    failure_count integer DEFAULT 0 NOT NULL,
    open_count integer DEFAULT 0 NOT NULL,
    fault text,
    fault_count integer DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone,
    probe_at timestamp with time zone,
    code text,
    message text,
    CONSTRAINT open_circuit_has_a_probe CHECK (((opened_at IS NULL) = (probe_at IS NULL))),
    CONSTRAINT providers_request_burst_check CHECK ((request_burst >= (1)::double precision)),
    CONSTRAINT providers_requests_per_minute_check CHECK ((requests_per_minute >= (0.001)::double precision)),
    CONSTRAINT providers_token_burst_check CHECK ((token_burst >= (1)::double precision)),
    CONSTRAINT providers_tokens_per_minute_check CHECK ((tokens_per_minute >= (0.001)::double precision))
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='200');
COMMENT ON TABLE pipeline_internal.providers IS 'Rate limit and circuit of each provider, shared by all workers. Set the rates to those of your account.';
COMMENT ON COLUMN pipeline_internal.providers.requests_per_minute IS 'Requests by which the request bucket refills in a minute.';
COMMENT ON COLUMN pipeline_internal.providers.request_burst IS 'Requests that the full bucket holds: so many may follow each other at once.';
COMMENT ON COLUMN pipeline_internal.providers.tokens_per_minute IS 'Tokens of text by which the token bucket refills in a minute.';
COMMENT ON COLUMN pipeline_internal.providers.token_burst IS 'Tokens of text that the full bucket holds.';
ALTER TABLE ONLY pipeline_internal.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (provider);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE OF requests_per_minute, request_burst, tokens_per_minute, token_burst ON pipeline_internal.providers FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('provider');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.providers FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE pipeline_internal.providers ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.question_vectors (
    user_id uuid NOT NULL,
    model text NOT NULL,
    key text NOT NULL,
    embedding extensions.halfvec(1536) NOT NULL,
    used_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT question_vectors_key_check CHECK ((key ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE pipeline_internal.question_vectors IS 'The latest 200 questions of each user, without their text; purge removes those that were not asked for 30 days.';
ALTER TABLE ONLY pipeline_internal.question_vectors
    ADD CONSTRAINT question_vectors_pkey PRIMARY KEY (user_id, model, key);
ALTER TABLE ONLY pipeline_internal.question_vectors
    ADD CONSTRAINT question_vectors_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.question_vectors ENABLE ROW LEVEL SECURITY;

CREATE UNLOGGED TABLE pipeline_internal.rate_limits (
    key text NOT NULL,
    used_count integer NOT NULL,
    resets_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');
COMMENT ON TABLE pipeline_internal.rate_limits IS 'The use of each rate limit in its current window, which began with the first request.';
ALTER TABLE ONLY pipeline_internal.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);
ALTER TABLE pipeline_internal.rate_limits ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.reservations (
    job_id uuid NOT NULL,
    user_id uuid NOT NULL,
    cents numeric NOT NULL,
    CONSTRAINT reservations_cents_check CHECK ((cents >= (0)::numeric))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='200');
COMMENT ON TABLE pipeline_internal.reservations IS 'The expected remaining cost of active documents. A row of a job that is not active is meaningless.';
ALTER TABLE ONLY pipeline_internal.reservations
    ADD CONSTRAINT reservations_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY pipeline_internal.reservations
    ADD CONSTRAINT reservations_job_id_fkey FOREIGN KEY (job_id) REFERENCES upload_pipeline.upload_jobs(job_id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.reservations ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.retention (
    category text NOT NULL,
    days real NOT NULL,
    description text NOT NULL,
    CONSTRAINT audit_log_is_kept_long_enough CHECK (((category <> 'audit_log'::text) OR (days >= (pipeline_internal.audit_log_least_days())::double precision))),
    CONSTRAINT retention_days_check CHECK (((days > (0)::double precision) AND (days <= (36500)::double precision))),
    CONSTRAINT security_hold_is_short CHECK (((category <> 'security_hold'::text) OR (days <= (30)::double precision)))
);
COMMENT ON TABLE pipeline_internal.retention IS 'How long history is kept; purge applies it. Everything that belongs to an existing document, except its events, is kept as long as the document.';
ALTER TABLE ONLY pipeline_internal.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (category);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE ON pipeline_internal.retention FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('category');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.retention FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE pipeline_internal.retention ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.roll_up (
    singleton boolean DEFAULT true NOT NULL,
    counted_to bigint DEFAULT 0 NOT NULL,
    merged_to timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    seen_to bigint DEFAULT 0 NOT NULL,
    seen_xid xid8 DEFAULT '0'::xid8 NOT NULL,
    CONSTRAINT roll_up_singleton_check CHECK (singleton)
);
COMMENT ON TABLE pipeline_internal.roll_up IS 'How far the events have been counted. One row.';
ALTER TABLE ONLY pipeline_internal.roll_up
    ADD CONSTRAINT roll_up_pkey PRIMARY KEY (singleton);
ALTER TABLE pipeline_internal.roll_up ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.stage_transitions (
    since timestamp with time zone NOT NULL,
    stage text NOT NULL,
    bucket smallint NOT NULL,
    transition_count integer NOT NULL
);
COMMENT ON TABLE pipeline_internal.stage_transitions IS 'The number of stage transitions of the last day, by time and by duration, waiting included. The table''s size depends on minutes and buckets only, not on the throughput.';
ALTER TABLE ONLY pipeline_internal.stage_transitions
    ADD CONSTRAINT stage_transitions_pkey PRIMARY KEY (since, stage, bucket);
ALTER TABLE pipeline_internal.stage_transitions ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.stages (
    stage text NOT NULL,
    entry_status text NOT NULL,
    working_status text NOT NULL,
    failed_status text NOT NULL,
    next_stage text,
    redrive_stage text NOT NULL,
    max_attempts smallint NOT NULL,
    backoff_base_seconds real NOT NULL,
    backoff_cap_seconds real NOT NULL,
    jitter real NOT NULL,
    lease_seconds real NOT NULL,
    isolate_after smallint DEFAULT 2 NOT NULL,
    max_lost_alone smallint DEFAULT 3 NOT NULL,
    max_lost smallint DEFAULT 20 NOT NULL,
    lost_cap_seconds real DEFAULT 3600 NOT NULL,
    slots smallint NOT NULL,
    batch smallint NOT NULL,
    max_invocations smallint NOT NULL,
    paused_at timestamp with time zone,
    paused_because text,
    provider text,
    requests_per_message smallint DEFAULT 0 NOT NULL,
    CONSTRAINT pause_has_a_reason CHECK (((paused_at IS NULL) = (paused_because IS NULL))),
    CONSTRAINT stages_backoff_base_seconds_check CHECK ((backoff_base_seconds > (0)::double precision)),
    CONSTRAINT stages_batch_check CHECK ((batch > 0)),
    CONSTRAINT stages_check CHECK (((backoff_cap_seconds >= backoff_base_seconds) AND (backoff_cap_seconds <= (2592000)::double precision))),
    CONSTRAINT stages_check1 CHECK ((max_lost >= (isolate_after + max_lost_alone))),
    CONSTRAINT stages_isolate_after_check CHECK ((isolate_after > 0)),
    CONSTRAINT stages_jitter_check CHECK (((jitter >= (0)::double precision) AND (jitter <= (1)::double precision))),
    CONSTRAINT stages_lease_seconds_check CHECK (((lease_seconds >= (1)::double precision) AND (lease_seconds <= (86400)::double precision))),
    CONSTRAINT stages_lost_cap_seconds_check CHECK (((lost_cap_seconds > (0)::double precision) AND (lost_cap_seconds <= (2592000)::double precision))),
    CONSTRAINT stages_max_attempts_check CHECK ((max_attempts > 0)),
    CONSTRAINT stages_max_invocations_check CHECK ((max_invocations > 0)),
    CONSTRAINT stages_max_lost_alone_check CHECK ((max_lost_alone > 0)),
    CONSTRAINT stages_slots_check CHECK ((slots > 0)),
    CONSTRAINT stages_stage_check CHECK ((stage ~ '^[a-z_]+$'::text))
);
COMMENT ON TABLE pipeline_internal.stages IS 'One row for each stage, inserted by the stage''s own migration: its queue (of the same name), its place in the sequence, its retry policy, lease and concurrency. An operator may change a row without a deployment.';
COMMENT ON COLUMN pipeline_internal.stages.entry_status IS 'A job that waits for the stage has this status.';
COMMENT ON COLUMN pipeline_internal.stages.working_status IS 'A job that a worker holds has this status.';
COMMENT ON COLUMN pipeline_internal.stages.failed_status IS 'A job that the stage gave up has this status.';
COMMENT ON COLUMN pipeline_internal.stages.next_stage IS 'The stage that follows on success. Null: the job is complete.';
COMMENT ON COLUMN pipeline_internal.stages.redrive_stage IS 'The stage at which a job that failed here starts again.';
COMMENT ON COLUMN pipeline_internal.stages.max_attempts IS 'Attempts before the stage gives a job up.';
COMMENT ON COLUMN pipeline_internal.stages.backoff_base_seconds IS 'The delay before the second attempt. Each further attempt doubles it.';
COMMENT ON COLUMN pipeline_internal.stages.backoff_cap_seconds IS 'The longest delay before an attempt.';
COMMENT ON COLUMN pipeline_internal.stages.jitter IS 'Each delay is drawn from (1 ± jitter) × the computed one.';
COMMENT ON COLUMN pipeline_internal.stages.lease_seconds IS 'How long a claimed message belongs to its worker, who extends it while it works.';
COMMENT ON COLUMN pipeline_internal.stages.isolate_after IS 'Unexplained losses of a worker before the document is tried alone.';
COMMENT ON COLUMN pipeline_internal.stages.max_lost_alone IS 'Further losses, alone, before the document is given up.';
COMMENT ON COLUMN pipeline_internal.stages.max_lost IS 'Losses of every kind before the document is given up.';
COMMENT ON COLUMN pipeline_internal.stages.lost_cap_seconds IS 'The longest delay after a loss.';
COMMENT ON COLUMN pipeline_internal.stages.slots IS 'Messages that one invocation works on at once.';
COMMENT ON COLUMN pipeline_internal.stages.batch IS 'Messages that one invocation claims in a round trip, at most.';
COMMENT ON COLUMN pipeline_internal.stages.max_invocations IS 'Invocations at once.';
COMMENT ON COLUMN pipeline_internal.stages.paused_at IS 'Since when an operator has paused the stage.';
COMMENT ON COLUMN pipeline_internal.stages.paused_because IS 'Why an operator has paused the stage. See pause_stage.';
COMMENT ON COLUMN pipeline_internal.stages.provider IS 'The provider that the stage calls. While its circuit is open, no message is claimed.';
COMMENT ON COLUMN pipeline_internal.stages.requests_per_message IS 'Tokens that a claimed message consumes from the provider''s request bucket. `embed` reserves them call by call.';
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_pkey PRIMARY KEY (stage);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE ON pipeline_internal.stages FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('stage');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.stages FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_entry_status_fkey FOREIGN KEY (entry_status) REFERENCES upload_pipeline.statuses(status);
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_failed_status_fkey FOREIGN KEY (failed_status) REFERENCES upload_pipeline.statuses(status);
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_next_stage_fkey FOREIGN KEY (next_stage) REFERENCES pipeline_internal.stages(stage) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_provider_fkey FOREIGN KEY (provider) REFERENCES pipeline_internal.providers(provider);
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_redrive_stage_fkey FOREIGN KEY (redrive_stage) REFERENCES pipeline_internal.stages(stage) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY pipeline_internal.stages
    ADD CONSTRAINT stages_working_status_fkey FOREIGN KEY (working_status) REFERENCES upload_pipeline.statuses(status);
ALTER TABLE pipeline_internal.stages ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.submissions (
    submission_id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_id uuid NOT NULL,
    provider_job_id text,
    pages integer[],
    ocr boolean DEFAULT false NOT NULL,
    is_page_reparse boolean DEFAULT false NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    submitted_at timestamp with time zone,
    finished_at timestamp with time zone,
    outcome text,
    poll_count integer DEFAULT 0 NOT NULL,
    counted_pages integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');
COMMENT ON TABLE pipeline_internal.submissions IS 'One row for each submission of a document to LlamaParse: the intent first, then the provider''s id, then the outcome.';
ALTER TABLE ONLY pipeline_internal.submissions
    ADD CONSTRAINT submissions_pkey PRIMARY KEY (submission_id);
ALTER TABLE ONLY pipeline_internal.submissions
    ADD CONSTRAINT submissions_provider_job_id_key UNIQUE (provider_job_id);
ALTER TABLE ONLY pipeline_internal.submissions
    ADD CONSTRAINT submissions_job_id_fkey FOREIGN KEY (job_id) REFERENCES upload_pipeline.upload_jobs(job_id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.submissions ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.support_access (
    user_id uuid NOT NULL,
    granted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT support_access_is_short CHECK (((until > granted_at) AND (until <= (granted_at + '30 days'::interval))))
);
COMMENT ON TABLE pipeline_internal.support_access IS 'Users who allow operators to try searches on their documents, which shows the operators their text: since when, and until when. A row whose time is over allows nothing.';
ALTER TABLE ONLY pipeline_internal.support_access
    ADD CONSTRAINT support_access_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY pipeline_internal.support_access
    ADD CONSTRAINT support_access_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.support_access ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.transitions (
    from_status text NOT NULL,
    to_status text NOT NULL,
    via_status text,
    cause text NOT NULL
);
COMMENT ON TABLE pipeline_internal.transitions IS 'The legal transitions between statuses. A trigger on upload_jobs refuses every other transition.';
ALTER TABLE ONLY pipeline_internal.transitions
    ADD CONSTRAINT transitions_pkey PRIMARY KEY (from_status, to_status);
ALTER TABLE ONLY pipeline_internal.transitions
    ADD CONSTRAINT transitions_from_status_fkey FOREIGN KEY (from_status) REFERENCES upload_pipeline.statuses(status);
ALTER TABLE ONLY pipeline_internal.transitions
    ADD CONSTRAINT transitions_to_status_fkey FOREIGN KEY (to_status) REFERENCES upload_pipeline.statuses(status);
ALTER TABLE ONLY pipeline_internal.transitions
    ADD CONSTRAINT transitions_via_status_fkey FOREIGN KEY (via_status) REFERENCES upload_pipeline.statuses(status);
ALTER TABLE pipeline_internal.transitions ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.user_budgets (
    user_id uuid NOT NULL,
    monthly_cents numeric,
    CONSTRAINT user_budgets_monthly_cents_check CHECK ((monthly_cents >= (0)::numeric))
);
COMMENT ON TABLE pipeline_internal.user_budgets IS 'Users whose monthly budget differs from limits.monthly_budget_cents_per_user; null: no budget.';
ALTER TABLE ONLY pipeline_internal.user_budgets
    ADD CONSTRAINT user_budgets_pkey PRIMARY KEY (user_id);
CREATE TRIGGER record_setting_change AFTER INSERT OR DELETE OR UPDATE ON pipeline_internal.user_budgets FOR EACH ROW EXECUTE FUNCTION pipeline_internal.record_setting_change('user_id');
CREATE TRIGGER record_truncate AFTER TRUNCATE ON pipeline_internal.user_budgets FOR EACH STATEMENT EXECUTE FUNCTION pipeline_internal.record_setting_change();
ALTER TABLE ONLY pipeline_internal.user_budgets
    ADD CONSTRAINT user_budgets_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE pipeline_internal.user_budgets ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.user_costs (
    user_id uuid NOT NULL,
    month date NOT NULL,
    purpose text NOT NULL,
    quantity bigint NOT NULL,
    cents numeric NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');
COMMENT ON TABLE pipeline_internal.user_costs IS 'The charges of each user per month.';
ALTER TABLE ONLY pipeline_internal.user_costs
    ADD CONSTRAINT user_costs_pkey PRIMARY KEY (user_id, month, purpose);
ALTER TABLE pipeline_internal.user_costs ENABLE ROW LEVEL SECURITY;

CREATE TABLE pipeline_internal.worker_runs (
    run_id uuid DEFAULT gen_random_uuid() NOT NULL,
    stage text NOT NULL,
    called_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id bigint,
    started_at timestamp with time zone,
    heartbeat_at timestamp with time zone,
    ended_at timestamp with time zone,
    is_alone boolean DEFAULT false NOT NULL,
    ended_by text,
    settled_count integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='500');
COMMENT ON TABLE pipeline_internal.worker_runs IS 'One row for each run of a stage, from the call on. Bounds how many run at once.';
ALTER TABLE ONLY pipeline_internal.worker_runs
    ADD CONSTRAINT worker_runs_pkey PRIMARY KEY (run_id);
ALTER TABLE pipeline_internal.worker_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE pipeline_internal.audit_log ALTER COLUMN audit_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pipeline_internal.audit_log_audit_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE pipeline_internal.charges ALTER COLUMN charge_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pipeline_internal.charges_charge_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE pipeline_internal.file_cleanups ALTER COLUMN cleanup_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pipeline_internal.file_cleanups_cleanup_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE pipeline_internal.outbox ALTER COLUMN delivery_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pipeline_internal.outbox_delivery_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE pipeline_internal.pending_sign_ins ALTER COLUMN sign_in_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pipeline_internal.pending_sign_ins_sign_in_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW pipeline_internal.countable_events AS
 SELECT events.event_no,
    events.document_id,
    events.type,
    events.status,
    events.stage,
    events.code,
    events.created_at
   FROM upload_pipeline.events
UNION ALL
 SELECT deleted_events.event_no,
    deleted_events.document_id,
    deleted_events.type,
    deleted_events.status,
    deleted_events.stage,
    deleted_events.code,
    deleted_events.created_at
   FROM pipeline_internal.deleted_events;

CREATE VIEW pipeline_internal.failure_remedies AS
 SELECT column1 AS code,
    column2 AS mended_by,
    column3 AS remedy
   FROM (VALUES ('ARCHIVE_IS_BROKEN'::text,'owner'::text,'save the file again and upload the copy'::text), ('DOCUMENT_TOO_LARGE'::text,'owner'::text,'upload the document in parts'::text), ('EMPTY_DOCUMENT'::text,'owner'::text,'upload a scan with OCR, or a copy whose pages can be read'::text), ('FILE_MISSING'::text,'owner'::text,'upload the file again'::text), ('LLAMAPARSE_NOT_FOUND'::text,'operator'::text,'correct LLAMAPARSE_API_URL'::text), ('LLAMAPARSE_OUT_OF_CREDITS'::text,'operator'::text,'buy credits'::text), ('LLAMAPARSE_REJECTED'::text,'operator'::text,'compare the request with LlamaParse''s API'::text), ('LLAMAPARSE_UNAUTHORIZED'::text,'operator'::text,'replace LLAMAPARSE_API_KEY'::text), ('MALWARE_FOUND'::text,'owner'::text,'upload a clean file'::text), ('NOT_A_PDF'::text,'owner'::text,'upload a PDF, or announce the file''s own type'::text), ('NO_DATA_FOUND_IN_FILE'::text,'owner'::text,'upload the document with OCR'::text), ('NO_PAGE_READ'::text,'owner'::text,'open the document; if its pages show, retry the job'::text), ('OPENAI_EMPTY_INPUT'::text,'operator'::text,'look at the document''s chunks'::text), ('OPENAI_INPUT_TOO_LONG'::text,'operator'::text,'look at the document''s chunks'::text), ('OPENAI_NOT_FOUND'::text,'operator'::text,'correct OPENAI_API_URL or the key''s project'::text), ('OPENAI_OUT_OF_CREDIT'::text,'operator'::text,'add credit or raise the limit'::text), ('OPENAI_REJECTED'::text,'operator'::text,'compare the request with OpenAI''s API'::text), ('OPENAI_UNAUTHORIZED'::text,'operator'::text,'replace OPENAI_API_KEY'::text), ('PARSED_TEXT_MISSING'::text,'owner'::text,'upload the document again'::text), ('PDF_IS_BROKEN'::text,'owner'::text,'open the document, save it again, and upload the copy'::text), ('PDF_IS_PROTECTED'::text,'owner'::text,'upload a copy without a password'::text), ('SCANNER_UNAVAILABLE'::text,'operator'::text,'restore ClamAV'::text), ('SHA256_MISMATCH'::text,'owner'::text,'upload the file that was announced'::text), ('SIZE_MISMATCH'::text,'owner'::text,'upload the file that was announced'::text), ('TEXT_TOO_LONG'::text,'owner'::text,'split the document'::text), ('TEXT_UNREADABLE'::text,'owner'::text,'save the file as UTF-8 and upload it again'::text), ('TOO_MANY_PAGES'::text,'owner'::text,'upload the document in parts'::text), ('TYPE_MISMATCH'::text,'owner'::text,'announce the file''s own type, or save it as one that is accepted'::text), ('UNPACKS_TOO_LARGE'::text,'owner'::text,'upload the document in parts'::text), ('UNSUPPORTED_FILE_TYPE'::text,'owner'::text,'upload the document as a PDF'::text), ('WORKER_KILLED'::text,'owner'::text,'save the document again, or upload it in smaller parts'::text)) "*VALUES*";
COMMENT ON VIEW pipeline_internal.failure_remedies IS 'Who mends a failure for good, owner or operator, and what that one does. Where a code is missing, an operator has nothing to do but to find its cause, and to redrive.';

CREATE VIEW pipeline_internal.live_moves AS
 SELECT document_id,
    jsonb_strip_nulls(jsonb_build_object('document_id', document_id, 'status', status, 'state', state, 'progress', jsonb_build_object('stage_pct', stage_pct, 'total_pct', total_pct), 'warnings', NULLIF(warnings, '[]'::jsonb), 'last_error', last_error)) AS move
   FROM upload_pipeline.document_status s;
COMMENT ON VIEW pipeline_internal.live_moves IS 'What messages say about documents: what document_status shows. The status of one that has no row is `deleted`.';

CREATE VIEW pipeline_internal.live_runs WITH (security_invoker='true') AS
 SELECT run_id,
    stage,
    called_at,
    request_id,
    started_at,
    heartbeat_at,
    ended_at,
    is_alone,
    ended_by,
    settled_count
   FROM pipeline_internal.worker_runs r
  WHERE ((ended_at IS NULL) AND (NOT is_alone) AND
        CASE
            WHEN (started_at IS NOT NULL) THEN (heartbeat_at > (clock_timestamp() - '00:00:30'::interval))
            ELSE ((called_at > (clock_timestamp() - '00:00:05'::interval)) OR (EXISTS ( SELECT
               FROM net.http_request_queue q
              WHERE (q.id = r.request_id))))
        END);
COMMENT ON VIEW pipeline_internal.live_runs IS 'Runs that count against max_invocations: called within 5 s, waiting in pg_net''s queue, or begun and with a recent heartbeat.';

CREATE VIEW pipeline_internal.time_windows AS
 SELECT time_window,
    length
   FROM ( VALUES ('5 minutes'::text,'00:05:00'::interval), ('1 hour'::text,'01:00:00'::interval), ('24 hours'::text,'24:00:00'::interval)) w(time_window, length);

CREATE FUNCTION pipeline_internal.accept_original(p_lease pipeline_internal.lease, p_mime text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
begin
  if v_job.job_id is null then return false; end if;
  perform pipeline_internal.keep_original(v_job, p_mime);
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.accept_original(p_lease pipeline_internal.lease, p_mime text) IS 'keep_original for a document that is not submitted. False: the lease was lost.';
REVOKE ALL ON FUNCTION pipeline_internal.accept_original(p_lease pipeline_internal.lease, p_mime text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.add_endpoint(p_name text, p_url text, p_events text[], p_format text DEFAULT 'standard'::text, p_secret text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_endpoint_id uuid;
  v_secret text := pipeline_internal.new_endpoint_secret(p_secret);
begin
  insert into pipeline_internal.endpoints (name, url, events, format) values (p_name, p_url, p_events, p_format)
  returning endpoint_id into v_endpoint_id;
  perform vault.create_secret(v_secret, pipeline_internal.endpoint_secret_name(v_endpoint_id));
  return v_secret;
end $$;
COMMENT ON FUNCTION pipeline_internal.add_endpoint(p_name text, p_url text, p_events text[], p_format text, p_secret text) IS 'Subscribes an endpoint to events: document.completed, document.failed, document.deleted, account.deleted, alert.opened, alert.closed, audit.recorded. Returns the secret with which the endpoint verifies notifications.';
REVOKE ALL ON FUNCTION pipeline_internal.add_endpoint(p_name text, p_url text, p_events text[], p_format text, p_secret text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.add_to_costs(p_costs pipeline_internal.cost[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- All sessions lock the sums in the same order.
  insert into pipeline_internal.daily_costs as c (day, purpose, model, part, quantity, credits, cents)
  select a.day, a.purpose, a.model, pg_backend_pid() % 64, sum(a.quantity), sum(a.credits), sum(a.cents)
  from unnest(p_costs) a
  group by a.day, a.purpose, a.model having sum(a.quantity) <> 0 or sum(a.cents) <> 0 or sum(a.credits) <> 0
  order by a.day, a.purpose, a.model
  on conflict (day, purpose, model, part) do update
    set quantity = c.quantity + excluded.quantity, cents = c.cents + excluded.cents,
        credits = coalesce(c.credits + excluded.credits, c.credits, excluded.credits);

  insert into pipeline_internal.user_costs as c (user_id, month, purpose, quantity, cents)
  select a.user_id, date_trunc('month', a.day)::date, a.purpose, sum(a.quantity), sum(a.cents)
  from unnest(p_costs) a
  where a.user_id is not null
  group by 1, 2, 3 having sum(a.quantity) <> 0 or sum(a.cents) <> 0
  order by 1, 2, 3
  on conflict (user_id, month, purpose) do update
    set quantity = c.quantity + excluded.quantity, cents = c.cents + excluded.cents;
end $$;
COMMENT ON FUNCTION pipeline_internal.add_to_costs(p_costs pipeline_internal.cost[]) IS 'Adds costs to the sums of the ledger; removed costs are negative. A sum that does not change is not written.';
REVOKE ALL ON FUNCTION pipeline_internal.add_to_costs(p_costs pipeline_internal.cost[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.add_to_counters(p_counts pipeline_internal.counters[]) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into pipeline_internal.counters as c (name, labels, value)
  select name, labels, sum(value) from unnest(p_counts) group by name, labels
  -- All sessions lock the counters in the same order.
  order by name, labels
  on conflict (name, labels) do update set value = c.value + excluded.value
$$;
REVOKE ALL ON FUNCTION pipeline_internal.add_to_counters(p_counts pipeline_internal.counters[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.admit(p_job_id uuid, p_user_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_waiting_for text := 'YOUR_OTHER_DOCUMENTS';
begin
  perform pipeline_internal.lock_user_queue(p_user_id);
  if pipeline_internal.free_user_slots(p_user_id) > 0 and not exists (
    select from upload_pipeline.upload_jobs where user_id = p_user_id and user_queued_at is not null
  ) then
    if cardinality(pipeline_internal.reserve_costs(p_user_id, array[p_job_id])) > 0 then
      perform pipeline_internal.enqueue(array[p_job_id], 'parse');
      return;
    end if;
    v_waiting_for := 'MONTHLY_BUDGET_SPENT';
  end if;
  update upload_pipeline.upload_jobs
  set status = 'uploaded', state = 'queued', user_queued_at = clock_timestamp(), waiting_for = v_waiting_for,
      last_error = null, finished_at = null, updated_at = clock_timestamp()
  where job_id = p_job_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.admit(p_job_id uuid, p_user_id uuid) IS 'Sends a job to parse if its user has a free slot, an empty user queue and enough budget; otherwise appends it to the user queue.';
REVOKE ALL ON FUNCTION pipeline_internal.admit(p_job_id uuid, p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.advance_user_queues(p_user_ids uuid[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_user_id uuid;
  v_job_ids uuid[];
  v_affordable_ids uuid[];
  v_waiting_for text;
  v_count int := 0;
begin
  -- Locks all user queues first, and every transaction in this order, so that two batches that end at once do not
  -- deadlock. Empty queues too: a concurrent admit may be appending to one, since no slot was free.
  for v_user_id in select distinct id from unnest(p_user_ids) id order by 1 loop
    perform pipeline_internal.lock_user_queue(v_user_id);
  end loop;

  for v_user_id in
    select distinct j.user_id from upload_pipeline.upload_jobs j
    where j.user_id = any (p_user_ids) and j.user_queued_at is not null
  loop
    v_job_ids := array(
      select j.job_id from upload_pipeline.upload_jobs j
      where j.user_id = v_user_id and j.user_queued_at is not null
      order by j.user_queued_at, j.job_id
      limit pipeline_internal.free_user_slots(v_user_id)
      for update);
    v_affordable_ids := pipeline_internal.reserve_costs(v_user_id, v_job_ids);
    if cardinality(v_affordable_ids) > 0 then
      perform pipeline_internal.enqueue(v_affordable_ids, 'parse');
      v_count := v_count + cardinality(v_affordable_ids);
    end if;
    if cardinality(v_job_ids) > 0 then
      -- What the next document waits for, the others behind it wait for too.
      v_waiting_for := case when cardinality(v_affordable_ids) < cardinality(v_job_ids)
                            then 'MONTHLY_BUDGET_SPENT' else 'YOUR_OTHER_DOCUMENTS' end;
      update upload_pipeline.upload_jobs set waiting_for = v_waiting_for
      where user_id = v_user_id and user_queued_at is not null and waiting_for is distinct from v_waiting_for;
    end if;
  end loop;
  return v_count;
end $$;
COMMENT ON FUNCTION pipeline_internal.advance_user_queues(p_user_ids uuid[]) IS 'Sends as many documents from each user''s queue to parse as the user has free slots and budget, oldest first. The rest says in waiting_for what it waits for: a slot or the budget.';
REVOKE ALL ON FUNCTION pipeline_internal.advance_user_queues(p_user_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.advance_user_queues_of(p_settled pipeline_internal.settled[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (select from unnest(p_settled) s where s.next_stage is null) then
    perform pipeline_internal.advance_user_queues(array(
      select distinct j.user_id from upload_pipeline.upload_jobs j
      where j.job_id = any (array(select (s.job).job_id from unnest(p_settled) s)) and j.finished_at is not null));
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.advance_user_queues_of(p_settled pipeline_internal.settled[]) IS 'Gives the user slots of the jobs that have finished to the next documents of their owners.';
REVOKE ALL ON FUNCTION pipeline_internal.advance_user_queues_of(p_settled pipeline_internal.settled[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.allow_file_types(p_extensions text[]) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_unknown text;
  v_mimes text[];
begin
  if coalesce(cardinality(p_extensions), 0) = 0 then
    raise exception 'name at least one file type' using errcode = 'invalid_parameter_value';
  end if;
  select coalesce(given, 'null') into v_unknown
  from unnest(p_extensions) given
  where given is null or given not in (select extension from pipeline_internal.file_types) limit 1;
  if found then
    raise exception 'unknown file type: %', v_unknown using errcode = 'invalid_parameter_value',
      hint = (select 'Known types: ' || string_agg(extension, ', ' order by extension) || '.'
        from pipeline_internal.file_types);
  end if;

  v_mimes := array(
    select t.mime from pipeline_internal.file_types t where t.extension = any (p_extensions) order by t.mime);
  update pipeline_internal.limits set allowed_mime_types = v_mimes;
  update storage.buckets set allowed_mime_types = pipeline_internal.bucket_types(v_mimes) where id = 'files';
  return v_mimes;
end $$;
COMMENT ON FUNCTION pipeline_internal.allow_file_types(p_extensions text[]) IS 'Sets the types that users may upload, for the API and Storage''s bucket at once: select pipeline_internal.allow_file_types(array[''pdf'', ''docx'']).';
REVOKE ALL ON FUNCTION pipeline_internal.allow_file_types(p_extensions text[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.allow_mime_types(p_mimes text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_unknown text[] := array(
    select m from unnest(p_mimes) m where m not in (select t.mime from pipeline_internal.file_types t));
begin
  perform pipeline_internal.refuse_settings(case
    when p_mimes = '{}' then '{"allowed_mime_types": "must name at least one type"}'::jsonb
    when v_unknown <> '{}' then jsonb_build_object(
      'allowed_mime_types', 'has types that the pipeline does not know: ' || array_to_string(v_unknown, ', '))
  end);
  perform pipeline_internal.allow_file_types(
    array(select t.extension from pipeline_internal.file_types t where t.mime = any (p_mimes)));
end $$;
COMMENT ON FUNCTION pipeline_internal.allow_mime_types(p_mimes text[]) IS 'allow_file_types by MIME type. @throws invalid_parameter_value for an unknown type, or for none.';
REVOKE ALL ON FUNCTION pipeline_internal.allow_mime_types(p_mimes text[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.allows_support(p_user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from pipeline_internal.support_access s
    join auth.users u on u.id = s.user_id and u.deleted_at is null
    where s.user_id = p_user_id and s.until > clock_timestamp())
$$;
COMMENT ON FUNCTION pipeline_internal.allows_support(p_user_id uuid) IS 'Whether operators may try searches on the documents of this user at this moment.';
REVOKE ALL ON FUNCTION pipeline_internal.allows_support(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.apply_settlement(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement) RETURNS pipeline_internal.settled
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_settled pipeline_internal.settled := row(p_job, false, null, 0);
begin
  if p_settlement.fault is not null then
    perform pipeline_internal.provider_failed(
      p_stage.provider, p_job.claimed_at, p_settlement.fault, p_settlement.code, p_settlement.message,
      p_settlement.after_seconds);
  end if;

  case p_settlement.outcome
    when 'done' then
      v_settled.delay_seconds := ceil(pipeline_internal.complete_stage(p_job, p_settlement.output));
      v_settled.leaves_stage := true;
      v_settled.next_stage := p_stage.next_stage;
    when 'parsed' then
      v_settled.next_stage := pipeline_internal.skip_parser(p_stage, p_job, p_settlement.output);
      v_settled.leaves_stage := true;
    when 'poll' then
      perform pipeline_internal.poll_later(p_job);
    when 'resubmit' then
      v_settled.next_stage := pipeline_internal.resubmit(p_job, p_settlement.code, p_settlement.message);
      v_settled.leaves_stage := v_settled.next_stage is not null;
    when 'reparse_pages' then
      v_settled.next_stage := pipeline_internal.reparse_pages(p_job, p_settlement.output);
      v_settled.leaves_stage := true;
    when 'pause' then
      -- Where the provider named no time, the document waits a while; the circuit has its own pause.
      perform pipeline_internal.pause(p_job, p_settlement.code, p_settlement.message, coalesce(
        nullif(p_settlement.after_seconds, 0),
        case p_settlement.fault when 'throttled' then 15 when 'exhausted' then 60 else 0 end));
    when 'retry' then
      perform pipeline_internal.retry_or_wait_out(p_stage, p_job, p_settlement);
    when 'reject' then
      -- A redrive submits a document once more that the parser gave up. One that only the pipeline gave up keeps its
      -- open submission, whose result may still be fetched.
      if p_job.stage = 'fetch_result' then
        perform pipeline_internal.close_submission(p_job.job_id, p_settlement.code);
      end if;
      perform pipeline_internal.reject(p_job, p_settlement.code, p_settlement.message);
  end case;
  return v_settled;
end $$;
COMMENT ON FUNCTION pipeline_internal.apply_settlement(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement) IS 'The effect of one settlement on its job and on its provider''s circuit. A job that leaves its stage is not moved yet. The caller holds the fence.';
REVOKE ALL ON FUNCTION pipeline_internal.apply_settlement(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.audit_kinds() RETURNS TABLE(actor text, action text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- From one pair to the next through the index, whatever the number of entries.
  with recursive kinds as (
    (select a.actor, a.action from pipeline_internal.audit_log a order by a.actor, a.action limit 1)
    union all
    select next.actor, next.action
    from kinds k
    cross join lateral (
      select a.actor, a.action from pipeline_internal.audit_log a
      where (a.actor, a.action) > (k.actor, k.action) order by a.actor, a.action limit 1) next
  )
  select k.actor, k.action from kinds k
$$;
COMMENT ON FUNCTION pipeline_internal.audit_kinds() IS 'The actors and actions that occur in the audit log.';
REVOKE ALL ON FUNCTION pipeline_internal.audit_kinds() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.audit_log_least_days() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$ select 30 $$;
COMMENT ON FUNCTION pipeline_internal.audit_log_least_days() IS 'The number of days for which an audit entry is kept at least, whatever retention says.';
REVOKE ALL ON FUNCTION pipeline_internal.audit_log_least_days() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.audit_page(p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_before_at timestamp with time zone, p_before_no bigint, p_limit integer) RETURNS SETOF pipeline_internal.audit_log
    LANGUAGE sql STABLE
    SET search_path TO ''
    SET enable_incremental_sort TO 'off'
    SET jit TO 'off'
    AS $$
  with bounds as (
    select coalesce(p_from, '-infinity') as from_at, least(p_before_at, p_to, 'infinity') as to_at,
           -- Entries at this very moment are excluded, or those from this number on.
           case when p_before_at < coalesce(p_to, 'infinity') then coalesce(p_before_no, 0) else 0 end as to_no
  ), found as (
    -- Only the first of these that the filter allows is executed. Each reads one index in the order of the page.
    (select a.* from bounds b cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.subject_id = p_subject_id and a.happened_at >= b.from_at
         and (a.happened_at, a.audit_no) < (b.to_at, b.to_no)
         and (p_user_id is null or a.user_id = p_user_id) and (p_operator_id is null or a.operator_id = p_operator_id)
         and (p_action is null or a.action = p_action) and (p_actor is null or a.actor = p_actor)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a)
    union all
    (select a.* from bounds b cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.user_id = p_user_id and (a.user_id, a.happened_at) >= (p_user_id, b.from_at)
         and (a.user_id, a.happened_at, a.audit_no) < (p_user_id, b.to_at, b.to_no)
         and (p_operator_id is null or a.operator_id = p_operator_id)
         and (p_action is null or a.action = p_action) and (p_actor is null or a.actor = p_actor)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a
     where p_subject_id is null and p_user_id is not null)
    union all
    (select a.* from bounds b cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.operator_id = p_operator_id and a.happened_at >= b.from_at
         and (a.happened_at, a.audit_no) < (b.to_at, b.to_no)
         and (p_action is null or a.action = p_action) and (p_actor is null or a.actor = p_actor)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a
     where p_subject_id is null and p_user_id is null and p_operator_id is not null)
    union all
    -- An action may be rare among a million entries, so each kind is read for itself.
    (select a.* from bounds b cross join pipeline_internal.audit_kinds() k cross join lateral (
       select * from pipeline_internal.audit_log a
       where a.actor = k.actor and a.action = k.action and a.happened_at >= b.from_at
         and (a.happened_at, a.audit_no) < (b.to_at, b.to_no)
       order by a.happened_at desc, a.audit_no desc limit p_limit) a
     where p_subject_id is null and p_user_id is null and p_operator_id is null
       and (p_action is null or k.action = p_action) and (p_actor is null or k.actor = p_actor))
  )
  select * from found order by happened_at desc, audit_no desc limit p_limit
$$;
COMMENT ON FUNCTION pipeline_internal.audit_page(p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_before_at timestamp with time zone, p_before_no bigint, p_limit integer) IS 'Entries of the audit log that agree with every filter that is not null, the latest first, before the given one.';
REVOKE ALL ON FUNCTION pipeline_internal.audit_page(p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_before_at timestamp with time zone, p_before_no bigint, p_limit integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.awaits_original(p_document upload_pipeline.documents) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return p_document.verified_at is null
    and exists (
      select from upload_pipeline.upload_jobs j
      where j.document_id = p_document.document_id and j.finished_at is null)
    and not exists (
      select from storage.objects o where o.bucket_id = 'files' and o.name = p_document.original_path);
end $$;
COMMENT ON FUNCTION pipeline_internal.awaits_original(p_document upload_pipeline.documents) IS 'Whether the file on the upload path is still needed: the job is unfinished, and no worker has moved its bytes yet.';
REVOKE ALL ON FUNCTION pipeline_internal.awaits_original(p_document upload_pipeline.documents) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_attempts(p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_read_cts integer[], p_run_id uuid, p_alone boolean DEFAULT false) RETURNS SETOF pipeline_internal.attempt
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return query
    with begun as (
      update upload_pipeline.upload_jobs j
      set state = 'working', attempt_count = j.attempt_count + 1, claimed_at = clock_timestamp(), run_id = p_run_id,
          next_attempt_at = null, waiting_for = null, updated_at = clock_timestamp(),
          status = case when j.status = p_stage.entry_status then p_stage.working_status else j.status end
      from unnest(p_job_ids, p_msg_ids, p_read_cts) read (job_id, msg_id, read_ct)
      where j.job_id = any (p_job_ids) and j.job_id = read.job_id and j.message_id = read.msg_id
        and j.stage = p_stage.stage
        and j.state <> 'working' and j.is_isolated = p_alone
      returning read.msg_id, read.read_ct, j.*
    )
    select b.msg_id, b.read_ct, b.job_id, d.document_id, d.user_id, d.mime, d.bytes_len, d.file_sha256,
           d.raw_path, d.original_path, d.verified_at is not null, d.parsed_path, d.page_starts, b.ocr, b.resume,
           b.attempt_count, b.correlation_id, p_stage.lease_seconds
    from begun b
    cross join lateral (select * from upload_pipeline.documents d where d.document_id = b.document_id limit 1) d;
end $$;
COMMENT ON FUNCTION pipeline_internal.begin_attempts(p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_read_cts integer[], p_run_id uuid, p_alone boolean) IS 'Begins attempts at the jobs whose messages were read. Leaves out jobs that have another message, jobs whose latest attempt was lost, and suspects; if p_alone, all but suspects.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_attempts(p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_read_cts integer[], p_run_id uuid, p_alone boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_cancellations(p_count integer) RETURNS TABLE(submission_id uuid, provider_job_id text, submission_requested_at timestamp with time zone, attempt_count integer)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update pipeline_internal.parse_cancellations c
  set attempt_count = c.attempt_count + 1,
      due_at = clock_timestamp() + make_interval(secs => 30 * power(2, least(c.attempt_count, 10)))
  where c.submission_id in (
    select due.submission_id from pipeline_internal.parse_cancellations due
    where due.due_at <= clock_timestamp()
    order by due.due_at
    limit p_count
    for update skip locked)
  returning c.submission_id, c.provider_job_id, c.submission_requested_at, c.attempt_count
$$;
COMMENT ON FUNCTION pipeline_internal.begin_cancellations(p_count integer) IS 'Begins an attempt at each cancellation that is due, and returns them. One that is not deleted afterwards is due again after a backoff that doubles from 30 seconds.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_cancellations(p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_isolated_run(p_stage text, p_run_id uuid) RETURNS TABLE(slots smallint, lease_seconds real)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  perform pipeline_internal.lock_isolation();
  if pipeline_internal.is_isolation_taken(p_run_id) then
    update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'refused'
    where run_id = p_run_id and started_at is null;
    return;
  end if;
  insert into pipeline_internal.worker_runs as r (run_id, stage, is_alone, started_at, heartbeat_at)
  values (p_run_id, p_stage, true, clock_timestamp(), clock_timestamp())
  on conflict (run_id) do update
    set started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at
    where r.is_alone and r.started_at is null and r.ended_at is null;
  if found then
    return query select 1::smallint, s.lease_seconds from pipeline_internal.stages s where s.stage = p_stage;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.begin_isolated_run(p_stage text, p_run_id uuid) IS 'Begins the one run that tries suspects, with one slot. No row: another runs already; the run must do nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_isolated_run(p_stage text, p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_notifications(p_count integer) RETURNS TABLE(delivery_no bigint, attempt_count integer, message_id text, endpoint text, url text, secret text, previous_secret text, body text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update pipeline_internal.outbox o
  -- The notification is due again if no call of end_notification follows.
  set attempt_count = o.attempt_count + 1, due_at = clock_timestamp() + interval '1 minute'
  from pipeline_internal.endpoints e
  where e.endpoint_id = o.endpoint_id and o.delivery_no in (
    select due.delivery_no
    from pipeline_internal.outbox due join pipeline_internal.endpoints of using (endpoint_id)
    where due.due_at <= clock_timestamp() and due.delivered_at is null and due.given_up_at is null and of.is_enabled
    -- New notifications do not wait behind failed ones.
    order by due.attempt_count, due.due_at
    limit p_count
    for update of due skip locked)
  returning o.delivery_no, o.attempt_count, o.message_id, e.name, e.url,
    pipeline_internal.endpoint_secret(e.endpoint_id),
    case when e.previous_secret_until > clock_timestamp()
      then pipeline_internal.previous_endpoint_secret(e.endpoint_id) end,
    case
      when o.audit_no is null then o.body
      else (
        select pipeline_internal.envelope(o.type, coalesce(a.happened_at, o.created_at),
          coalesce(to_jsonb(a), to_jsonb(missing)))::text
        from (select o.audit_no) missing left join pipeline_internal.audit_log a using (audit_no))
    end
$$;
COMMENT ON FUNCTION pipeline_internal.begin_notifications(p_count integer) IS 'Begins an attempt at each notification that is due and leases it for a minute; those without attempts come first.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_notifications(p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_restore() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (select from upload_pipeline.documents) then
    raise exception 'this database has documents of its own'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Restore into a new, unused project.';
  end if;
  -- Removes the rows that migrations inserted; the backup contains them.
  execute (
    select 'truncate ' || string_agg(c.oid::regclass::text, ', ')
    from pg_catalog.pg_class c
    where c.relkind = 'r' and c.relnamespace in ('upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace));
end $$;
COMMENT ON FUNCTION pipeline_internal.begin_restore() IS 'Empties the pipeline''s tables, so that a backup can be loaded; refuses a database with documents. For the transaction that loads the backup, with session_replication_role = replica.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_restore() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_run(p_stage text, p_run_id uuid, p_nowait boolean DEFAULT false) RETURNS TABLE(slots smallint, lease_seconds real)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_stage pipeline_internal.stages;
  v_running int;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  if not pg_try_advisory_xact_lock(pipeline_internal.stage_lock(p_stage)) then
    if p_nowait then return; end if;
    perform pg_advisory_xact_lock(pipeline_internal.stage_lock(p_stage));
  end if;
  select count(*) into v_running from pipeline_internal.live_runs where stage = p_stage and started_at is not null;

  if v_running >= v_stage.max_invocations then
    update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'refused'
    where run_id = p_run_id and started_at is null;
    return;
  end if;

  insert into pipeline_internal.worker_runs as r (run_id, stage, started_at, heartbeat_at)
  values (p_run_id, p_stage, clock_timestamp(), clock_timestamp())
  on conflict (run_id) do update
    set started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at
    where r.started_at is null and r.ended_at is null;
  if found then
    return query select v_stage.slots, v_stage.lease_seconds;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.begin_run(p_stage text, p_run_id uuid, p_nowait boolean) IS 'Begins a run, never more than max_invocations at once, and returns its slots and lease. No row: enough are running, this run began already, or p_nowait and another transaction holds the stage''s lock; the run must do nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_run(p_stage text, p_run_id uuid, p_nowait boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_sign_in(p_email text, p_email_digest text, OUT limit_name text, OUT allowed boolean, OUT limit_value integer, OUT remaining integer, OUT reset_seconds integer, OUT user_id uuid, OUT sign_in_no bigint) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_window_seconds int;
  v_taken record;
begin
  select 'wrong_passwords_per_account', l.wrong_passwords_per_account, l.sign_in_window_seconds
  into strict limit_name, limit_value, v_window_seconds from pipeline_internal.limits l;
  v_taken := pipeline_internal.consume_rate_limit('account:' || p_email_digest, limit_value, v_window_seconds);
  allowed := v_taken.allowed;
  remaining := v_taken.remaining;
  reset_seconds := v_taken.reset_seconds;
  if allowed then
    insert into pipeline_internal.pending_sign_ins as a (user_id)
    select u.id from auth.users u where u.email = lower(p_email) and not u.is_sso_user
    returning a.user_id, a.sign_in_no into user_id, sign_in_no;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.begin_sign_in(p_email text, p_email_digest text, OUT limit_name text, OUT allowed boolean, OUT limit_value integer, OUT remaining integer, OUT reset_seconds integer, OUT user_id uuid, OUT sign_in_no bigint) IS 'Begins a sign-in through the API. It counts as a wrong password for the address, whether or not an account has it, until end_sign_in decides.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_sign_in(p_email text, p_email_digest text, OUT limit_name text, OUT allowed boolean, OUT limit_value integer, OUT remaining integer, OUT reset_seconds integer, OUT user_id uuid, OUT sign_in_no bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.begin_submission(p_lease pipeline_internal.lease, p_mime text DEFAULT NULL::text, p_page_count integer DEFAULT NULL::integer) RETURNS TABLE(submission_id uuid, requested_at timestamp with time zone, is_new boolean, pages integer[], ocr boolean, wait_seconds integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
  v_page_count int;
  v_wait_seconds int;
begin
  if v_job.job_id is null then return; end if;
  perform pipeline_internal.keep_original(v_job, p_mime);

  return query
    select s.submission_id, s.requested_at, false, s.pages, s.ocr, null::int
    from pipeline_internal.submissions s
    where s.job_id = v_job.job_id and s.finished_at is null;
  if found then return; end if;

  v_page_count := (
    select greatest(1, least(l.max_pages + 1, coalesce(
      cardinality(v_job.pages_to_read),
      pipeline_internal.expected_pages(d.mime, d.bytes_len, coalesce(p_page_count, d.page_count)))))
    from pipeline_internal.limits l, upload_pipeline.documents d where d.document_id = v_job.document_id);
  v_wait_seconds := pipeline_internal.consume_pages(v_job.user_id, v_page_count);
  if v_wait_seconds is not null then
    return query select null::uuid, null::timestamptz, false, null::int[], false, v_wait_seconds;
    return;
  end if;
  return query
    insert into pipeline_internal.submissions as s (job_id, pages, ocr, is_page_reparse, counted_pages)
    values (v_job.job_id, v_job.pages_to_read, v_job.ocr, v_job.is_page_reparse, v_page_count)
    returning s.submission_id, s.requested_at, true, s.pages, s.ocr, null::int;
end $$;
COMMENT ON FUNCTION pipeline_internal.begin_submission(p_lease pipeline_internal.lease, p_mime text, p_page_count integer) IS 'Keeps the verified original (see keep_original) and records the intent to submit it. is_new false: an earlier attempt recorded it, so the caller looks for its result before it submits. pages: those to parse, null for all. p_page_count: as the file says, null if it does not; they count for the owner''s daily pages. wait_seconds: the daily pages are used up, and nothing is recorded. No row: the lease was lost.';
REVOKE ALL ON FUNCTION pipeline_internal.begin_submission(p_lease pipeline_internal.lease, p_mime text, p_page_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.broadcast_messages(p_user_ids uuid[], p_event_nos bigint[], p_payloads jsonb[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_topic text;
  v_unsent int[] := array[]::int[];
begin
  begin
    for i in 1 .. cardinality(p_user_ids) loop
      v_topic := 'user:' || p_user_ids[i];
      perform set_config('realtime.topic', '', true);
      perform realtime.send(
        p_payloads[i] || jsonb_build_object('event_no', p_event_nos[i]), 'document.status', v_topic, true);
      -- realtime.send catches its own errors; only a message that was stored leaves this setting behind.
      if current_setting('realtime.topic', true) is distinct from v_topic then
        v_unsent := v_unsent || i;
      end if;
    end loop;
  exception when others then
    raise warning 'the messages to % users were not sent: %', cardinality(p_user_ids), sqlerrm;
    v_unsent := array(select generate_series(1, cardinality(p_user_ids)));
  end;
  if cardinality(v_unsent) > 0 then
    update upload_pipeline.live_events e set is_sent = false
    from unnest(v_unsent) u (place)
    where e.user_id = p_user_ids[u.place] and e.event_no = p_event_nos[u.place];
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.broadcast_messages(p_user_ids uuid[], p_event_nos bigint[], p_payloads jsonb[]) IS 'Sends numbered messages, the n-th of each array together. Those that Realtime does not store are marked as not sent, and a warning in the log says why; where Realtime cannot be called, that is all of them.';
REVOKE ALL ON FUNCTION pipeline_internal.broadcast_messages(p_user_ids uuid[], p_event_nos bigint[], p_payloads jsonb[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.bucket_types(p_mimes text[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select array_agg(distinct label order by label)
  from (
    select unnest(t.mime || t.aliases) from pipeline_internal.file_types t where t.mime = any (p_mimes)
    -- Parsed text is always stored as Markdown. The other two are defaults: of Storage itself, and of supabase-js and
    -- fetch for bytes and strings.
    union all values ('text/markdown'), ('application/octet-stream'), ('text/plain;charset=UTF-8')) labels (label)
$$;
COMMENT ON FUNCTION pipeline_internal.bucket_types(p_mimes text[]) IS 'The content types that Storage''s bucket must accept for files of these types. The content decides what a file is; the content type only has to be in this list.';
REVOKE ALL ON FUNCTION pipeline_internal.bucket_types(p_mimes text[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.budget_month() RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select date_trunc('month', clock_timestamp() at time zone 'utc')::date
$$;
REVOKE ALL ON FUNCTION pipeline_internal.budget_month() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.budget_of(p_user_id uuid) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select case when b.user_id is not null then b.monthly_cents else l.monthly_budget_cents_per_user end
    from pipeline_internal.limits l
    left join pipeline_internal.user_budgets b on b.user_id = p_user_id);
end $$;
COMMENT ON FUNCTION pipeline_internal.budget_of(p_user_id uuid) IS 'The monthly budget of a user, in US cents; null: unlimited.';
REVOKE ALL ON FUNCTION pipeline_internal.budget_of(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.budget_summary(p_user_id uuid) RETURNS TABLE(monthly_cents numeric, spent_cents numeric, reserved_cents numeric, resets_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select budget.cents, spent.cents, pipeline_internal.committed_cents(p_user_id) - spent.cents,
         (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc'
  from (select pipeline_internal.budget_of(p_user_id) as cents) budget,
       (select pipeline_internal.spent_cents(p_user_id) as cents) spent
  where budget.cents is not null
$$;
COMMENT ON FUNCTION pipeline_internal.budget_summary(p_user_id uuid) IS 'The state of a user''s monthly budget; no row without a budget.';
REVOKE ALL ON FUNCTION pipeline_internal.budget_summary(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.call_cleanup() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if pipeline_internal.has_due_cleanup() then
    perform pipeline_internal.call_worker('cleanup');
  end if;
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.call_cleanup() IS 'Runs as its owner: when an account is deleted, Postgres calls this as Auth, which has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.call_cleanup() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.call_worker(p_call text, p_function text DEFAULT 'worker'::text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_settings jsonb := (
    select jsonb_object_agg(name, decrypted_secret) from vault.decrypted_secrets
    where name in ('pipeline_functions_url', 'pipeline_worker_secret'));
begin
  if v_settings ->> 'pipeline_functions_url' is null then
    raise warning 'work waits in %: the Vault secret pipeline_functions_url is not set', p_call;
    return null;
  end if;

  return net.http_post(
    url := v_settings ->> 'pipeline_functions_url' || '/' || p_function || '/' || p_call,
    headers := jsonb_build_object(
      'content-type', 'application/json',
      'authorization', 'Bearer ' || pipeline_internal.wake_token(
        coalesce(v_settings ->> 'pipeline_worker_secret', ''),
        case p_function when 'worker' then p_call else p_function || '/' || p_call end)),
    -- The worker answers at once. A call without an answer delays every other call.
    timeout_milliseconds := 2000);
end $$;
COMMENT ON FUNCTION pipeline_internal.call_worker(p_call text, p_function text) IS 'Calls a route of the function `worker` or `isolation` once this transaction commits. Vault holds its URL and secret. Returns pg_net''s request id; null if the URL is not set.';
REVOKE ALL ON FUNCTION pipeline_internal.call_worker(p_call text, p_function text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.chunk_id(p_document_id uuid, p_chunker_name text, p_chunker_version text, p_chunk_sha text, p_n integer) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42',
    p_document_id::text || ':' || p_chunker_name || ':' || p_chunker_version || ':' || p_chunk_sha || ':' || p_n)
$$;
COMMENT ON FUNCTION pipeline_internal.chunk_id(p_document_id uuid, p_chunker_name text, p_chunker_version text, p_chunk_sha text, p_n integer) IS 'The id of a chunk: the same text of the same document and chunker yields the same id, at any position. p_n: how many earlier chunks embed the same text.';
REVOKE ALL ON FUNCTION pipeline_internal.chunk_id(p_document_id uuid, p_chunker_name text, p_chunker_version text, p_chunk_sha text, p_n integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.claim(p_stage text, p_limit integer, p_run_id uuid DEFAULT NULL::uuid, p_strict boolean DEFAULT false) RETURNS SETOF pipeline_internal.attempt
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_stage pipeline_internal.stages;
  v_capacity int;
  v_job_ids uuid[];
  v_msg_ids bigint[];
  v_read_cts int[];
  v_claimed_count int;
  v_begins_at timestamptz := clock_timestamp();
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp()
  where run_id = p_run_id and started_at is not null;

  v_capacity := pipeline_internal.lock_capacity(v_stage, least(p_limit, v_stage.batch));
  if v_capacity = 0 then return; end if;
  select array_agg(r.job_id), array_agg(r.msg_id), array_agg(r.read_ct) into v_job_ids, v_msg_ids, v_read_cts
  from pipeline_internal.read_messages(p_stage, v_capacity, v_stage.lease_seconds) r;
  if v_msg_ids is null then return; end if;
  perform pipeline_internal.consume_tokens(v_stage, cardinality(v_msg_ids));

  return query
    select * from pipeline_internal.begin_attempts(v_stage, v_job_ids, v_msg_ids, v_read_cts, p_run_id) a
    where a.attempt <= v_stage.max_attempts;
  get diagnostics v_claimed_count = row_count;

  if v_claimed_count < cardinality(v_msg_ids) then
    if p_strict then
      raise exception using errcode = 'no_data_found', message = 'a message cannot be claimed';
    end if;
    perform pipeline_internal.resolve_unclaimable(v_stage, v_job_ids, v_msg_ids, v_begins_at);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.claim(p_stage text, p_limit integer, p_run_id uuid, p_strict boolean) IS 'Leases up to p_limit due messages, oldest first, each to one worker only, within the provider''s capacity. Messages that cannot be claimed are resolved, see resolve_unclaimable; if p_strict, the first of them raises no_data_found.';
REVOKE ALL ON FUNCTION pipeline_internal.claim(p_stage text, p_limit integer, p_run_id uuid, p_strict boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.claim_expiry() RETURNS timestamp with time zone
    LANGUAGE sql
    SET search_path TO ''
    AS $$ select clock_timestamp() + interval '15 seconds' $$;
COMMENT ON FUNCTION pipeline_internal.claim_expiry() IS 'The expiry of a claim that is made or extended now.';
REVOKE ALL ON FUNCTION pipeline_internal.claim_expiry() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.claim_isolated(p_stage text, p_run_id uuid) RETURNS SETOF pipeline_internal.attempt
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $_$
declare
  v_stage pipeline_internal.stages;
  v_job_id uuid;
  v_msg_id bigint;
  v_is_locked boolean;
  v_read_ct int;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp()
  where run_id = p_run_id and started_at is not null;
  if pipeline_internal.lock_capacity(v_stage, 1) = 0 then return; end if;

  select s.job_id, s.message_id into v_job_id, v_msg_id
  from pipeline_internal.due_suspects() s where s.stage = p_stage order by s.due_at limit 1;
  if not found then return; end if;
  -- Message before job, as every worker locks them; then checks the job again. A locked message is another
  -- transaction's.
  execute format('select true from pgmq.%I where msg_id = $1 for update skip locked', 'q_' || p_stage)
  into v_is_locked using v_msg_id;
  if v_is_locked is null or not exists (
    select from pipeline_internal.due_suspects() s where s.job_id = v_job_id and s.message_id = v_msg_id
           and s.stage = p_stage
  ) then return; end if;
  execute format(
    'update pgmq.%I set vt = clock_timestamp() + make_interval(secs => $2), read_ct = read_ct + 1 '
    'where msg_id = $1 returning read_ct', 'q_' || p_stage) into v_read_ct using v_msg_id, v_stage.lease_seconds;
  perform pipeline_internal.consume_tokens(v_stage, 1);

  return query
    select * from pipeline_internal.begin_attempts(
      v_stage, array[v_job_id], array[v_msg_id], array[v_read_ct], p_run_id, p_alone => true);
end $_$;
COMMENT ON FUNCTION pipeline_internal.claim_isolated(p_stage text, p_run_id uuid) IS 'Leases the stage''s suspect that has waited longest, within the provider''s capacity.';
REVOKE ALL ON FUNCTION pipeline_internal.claim_isolated(p_stage text, p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.claim_key(p_user_id uuid, p_key text, p_request_sha256 text) RETURNS TABLE(outcome text, answer jsonb, free_in_seconds integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_known pipeline_internal.idempotency_keys;
begin
  insert into pipeline_internal.idempotency_keys as k (user_id, key, request_sha256, claimed_until)
  values (p_user_id, p_key, p_request_sha256, pipeline_internal.claim_expiry())
  on conflict (user_id, key) do update
    set request_sha256 = excluded.request_sha256, answer = null, claimed_until = excluded.claimed_until,
        created_at = v_now
    where k.created_at < v_now - interval '1 day'
      or (k.answer is null and k.claimed_until <= v_now and k.request_sha256 = excluded.request_sha256);
  if found then
    return query select 'claimed', null::jsonb, null::int;
    return;
  end if;

  select * into strict v_known from pipeline_internal.idempotency_keys k
  where k.user_id = p_user_id and k.key = p_key;
  return query
    select case
             when v_known.request_sha256 <> p_request_sha256 then 'reused'
             when v_known.answer is null then 'in_use'
             else 'answered'
           end,
           case when v_known.request_sha256 = p_request_sha256 then v_known.answer end,
           greatest(1, ceil(extract(epoch from v_known.claimed_until - v_now)))::int;
end $$;
COMMENT ON FUNCTION pipeline_internal.claim_key(p_user_id uuid, p_key text, p_request_sha256 text) IS 'Claims an idempotency key. claimed: do the work, then store the answer or release the key; answered: the answer to the first request; in_use: the first request runs, or died and holds the key for free_in_seconds; reused: the key belongs to another request. A claim lasts 15 s, unless extend_key extends it.';
REVOKE ALL ON FUNCTION pipeline_internal.claim_key(p_user_id uuid, p_key text, p_request_sha256 text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.close_submission(p_job_id uuid, p_outcome text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update pipeline_internal.submissions
  set finished_at = clock_timestamp(), outcome = p_outcome
  where job_id = p_job_id and finished_at is null
$$;
COMMENT ON FUNCTION pipeline_internal.close_submission(p_job_id uuid, p_outcome text) IS 'Closes the job''s open submission, if it has one.';
REVOKE ALL ON FUNCTION pipeline_internal.close_submission(p_job_id uuid, p_outcome text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.committed_cents() RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select pipeline_internal.spent_cents() + coalesce(sum(r.cents), 0)
  from pipeline_internal.reservations r
  join upload_pipeline.upload_jobs j using (job_id) where j.message_id is not null
$$;
COMMENT ON FUNCTION pipeline_internal.committed_cents() IS 'The charges of all users this month, plus the reservations of active documents.';
CREATE FUNCTION pipeline_internal.committed_cents(p_user_id uuid) RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select pipeline_internal.spent_cents(p_user_id) + coalesce(sum(r.cents), 0)
  from pipeline_internal.reservations r
  -- One lookup per row, here and below: see storage_usage.
  cross join lateral (select message_id from upload_pipeline.upload_jobs where job_id = r.job_id limit 1) j
  where j.message_id is not null and r.user_id = p_user_id
$$;
COMMENT ON FUNCTION pipeline_internal.committed_cents(p_user_id uuid) IS 'The charges of a user this month, plus the reservations of the user''s active documents.';
REVOKE ALL ON FUNCTION pipeline_internal.committed_cents() FROM PUBLIC;
REVOKE ALL ON FUNCTION pipeline_internal.committed_cents(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.compact_charges() RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Charges that were written during the deletion of their document or user.
  update pipeline_internal.charges c set document_id = null, job_id = null
  where c.document_id is not null
    and not exists (select from upload_pipeline.documents d where d.document_id = c.document_id);
  update pipeline_internal.charges c
  set user_id = null, charge_key = case when purpose = 'search' then null else charge_key end
  where c.user_id is not null and not exists (select from auth.users u where u.id = c.user_id);
  delete from pipeline_internal.user_costs c where not exists (select from auth.users u where u.id = c.user_id);

  -- A past day needs no parts, and an empty sum no row.
  with parts as (
    delete from pipeline_internal.daily_costs
    where day < (clock_timestamp() at time zone 'utc')::date
      and (day, purpose, model) in (
        select day, purpose, model from pipeline_internal.daily_costs
        group by 1, 2, 3 having count(*) > 1 or (sum(quantity) = 0 and sum(cents) = 0))
    returning *
  )
  insert into pipeline_internal.daily_costs (day, purpose, model, part, quantity, credits, cents)
  select day, purpose, model, 0, sum(quantity), sum(credits), sum(cents)
  from parts group by day, purpose, model having sum(quantity) <> 0 or sum(cents) <> 0;

  with gone as (
    -- A charge may be reported again for two days; no lease is older than that.
    delete from pipeline_internal.charges
    where document_id is null and day < (clock_timestamp() at time zone 'utc')::date - 2
      and (day, purpose, model, coalesce(user_id::text, '')) in (
        select day, purpose, model, coalesce(user_id::text, '') from pipeline_internal.charges
        where document_id is null group by 1, 2, 3, 4 having count(*) > 1)
    returning *
  ), summed as (
    insert into pipeline_internal.charges (day, purpose, model, quantity, credits, cents, user_id)
    select day, purpose, model, sum(quantity), sum(credits), sum(cents), user_id
    from gone group by day, purpose, model, user_id
  )
  select count(*) from gone
$$;
COMMENT ON FUNCTION pipeline_internal.compact_charges() IS 'Replaces the charges of deleted documents by one row per day, user and model. The sums stay the same.';
REVOKE ALL ON FUNCTION pipeline_internal.compact_charges() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.compact_stage_transitions() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  delete from pipeline_internal.stage_transitions where since < now() - interval '25 hours';
  -- Hours as in the history, whatever the time zone of the session.
  update pipeline_internal.roll_up set merged_to = date_bin('1 hour', now() - interval '1 hour', '2000-01-01Z')
  where merged_to < date_bin('1 hour', now() - interval '1 hour', '2000-01-01Z');
  with minutes as (
    delete from pipeline_internal.stage_transitions
    where since < date_bin('1 hour', now() - interval '1 hour', '2000-01-01Z')
      and since <> date_bin('1 hour', since, '2000-01-01Z')
    returning *
  )
  insert into pipeline_internal.stage_transitions as p (since, stage, bucket, transition_count)
  select date_bin('1 hour', since, '2000-01-01Z'), stage, bucket, sum(transition_count) from minutes group by 1, 2, 3
  on conflict (since, stage, bucket) do update set transition_count = p.transition_count + excluded.transition_count;
  delete from pipeline_internal.history
  where (step_minutes = 1 and since < now() - interval '2 hours')
     or (step_minutes = 10 and since < now() - interval '25 hours')
$$;
COMMENT ON FUNCTION pipeline_internal.compact_stage_transitions() IS 'Merges the minutes of past hours into hours, and removes rows older than a day, and the history''s short steps.';
REVOKE ALL ON FUNCTION pipeline_internal.compact_stage_transitions() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.complete_chunk(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output) RETURNS double precision
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.keep_chunks(p_job, p_output);
  update upload_pipeline.documents
  set title = left(p_output.title, 300), updated_at = clock_timestamp()
  where document_id = p_job.document_id;
  return 0;
end $$;
COMMENT ON FUNCTION pipeline_internal.complete_chunk(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output) IS 'Keeps the last portion: the pending chunks are all that this version of the chunker makes of the document.';
REVOKE ALL ON FUNCTION pipeline_internal.complete_chunk(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.complete_embed(p_job upload_pipeline.upload_jobs) RETURNS double precision
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_chunk_count int;
  v_embedded_count int;
begin
  select c.chunk_count, c.embedded_count into v_chunk_count, v_embedded_count
  from pipeline_internal.embedded_count(p_job.document_id) c;
  if v_chunk_count = 0 then
    raise exception 'document % has no chunks to answer with', p_job.document_id;
  elsif v_embedded_count < v_chunk_count then
    raise exception 'document % has chunks without a vector', p_job.document_id;
  end if;

  delete from upload_pipeline.document_chunks d
  where d.document_id = p_job.document_id and d.chunk_id not in (
    select n.chunk_id from pipeline_internal.pending_chunks n where n.document_id = p_job.document_id);
  insert into upload_pipeline.document_chunks as d (
    chunk_id, document_id, user_id, chunker_name, chunker_version, chunk_ord, page_from, page_to, page_offsets,
    heading_path,
    text, context, chunk_sha, token_count, embed_model, embedding, embedded_at, search_text)
  select n.chunk_id, n.document_id, n.user_id, n.chunker_name, n.chunker_version, n.ord, n.page_from, n.page_to,
         n.page_offsets,
         n.heading_path, n.text, n.context, n.chunk_sha, n.token_count, v.embed_model, v.embedding, v.embedded_at,
         n.search_text
  from pipeline_internal.pending_chunks n
  -- Reads them one by one in their order: a sort of chunks with their vectors would spill to disk.
  cross join lateral (
    select w.* from pipeline_internal.pending_vectors w
    where w.document_id = p_job.document_id and w.chunk_sha = n.chunk_sha
    limit 1
  ) v
  where n.document_id = p_job.document_id
  order by n.ord
  on conflict (chunk_id) do update
    set chunk_ord = excluded.chunk_ord, page_from = excluded.page_from, page_to = excluded.page_to,
        page_offsets = excluded.page_offsets, heading_path = excluded.heading_path, text = excluded.text,
        context = excluded.context, token_count = excluded.token_count, search_text = excluded.search_text,
        embed_model = excluded.embed_model,
        -- The active vector stays, unless another model made the pending one.
        embedding = case when d.embed_model = excluded.embed_model then d.embedding else excluded.embedding end,
        embedded_at = case when d.embed_model = excluded.embed_model then d.embedded_at else excluded.embedded_at end
    where (d.chunk_ord, d.page_from, d.page_to, d.page_offsets, d.heading_path, d.text, d.context, d.token_count,
      d.search_text,
           d.embed_model)
          is distinct from
          (excluded.chunk_ord, excluded.page_from, excluded.page_to, excluded.page_offsets, excluded.heading_path,
          excluded.text,
           excluded.context, excluded.token_count, excluded.search_text, excluded.embed_model);
  delete from pipeline_internal.pending_chunks where document_id = p_job.document_id;
  delete from pipeline_internal.pending_vectors where document_id = p_job.document_id;
  update upload_pipeline.documents set chunk_count = v_chunk_count, updated_at = clock_timestamp()
  where document_id = p_job.document_id;
  return 0;
end $$;
COMMENT ON FUNCTION pipeline_internal.complete_embed(p_job upload_pipeline.upload_jobs) IS 'Makes the pending chunks the active ones and removes the others. Raises an error if a pending chunk lacks its vector.';
REVOKE ALL ON FUNCTION pipeline_internal.complete_embed(p_job upload_pipeline.upload_jobs) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.complete_fetch_result(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.fetch_result_output) RETURNS double precision
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_earlier_path text;
begin
  if p_output.parsed_path is not null then
    select parsed_path into v_earlier_path from upload_pipeline.documents where document_id = p_job.document_id;
    update upload_pipeline.documents
    set parsed_path = p_output.parsed_path, parsed_sha256 = p_output.parsed_sha256,
        page_starts = coalesce(p_output.page_starts, '{}'),
        page_count = nullif(cardinality(p_output.page_starts), 0), updated_at = clock_timestamp()
    where document_id = p_job.document_id;
    if v_earlier_path <> p_output.parsed_path then
      insert into pipeline_internal.file_cleanups (path) values (v_earlier_path);
    end if;
  end if;
  if p_output.warnings is not null then
    perform pipeline_internal.record_warnings(p_job, p_output.warnings);
  end if;
  perform pipeline_internal.close_submission(p_job.job_id, coalesce(p_output.submission_outcome, 'collected'));
  return 0;
end $$;
COMMENT ON FUNCTION pipeline_internal.complete_fetch_result(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.fetch_result_output) IS 'Records the stored Markdown and the warnings and closes the submission. Without parsed_path the Markdown of an earlier parse stays, and without warnings its warnings.';
REVOKE ALL ON FUNCTION pipeline_internal.complete_fetch_result(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.fetch_result_output) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.complete_jobs(p_job_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update upload_pipeline.upload_jobs
  set status = 'complete', state = 'done', stage = null, message_id = null, next_attempt_at = null,
      waiting_for = null, last_error = null, is_isolated = false, finished_at = clock_timestamp(),
      updated_at = clock_timestamp()
  where job_id = any (p_job_ids);
end $$;
COMMENT ON FUNCTION pipeline_internal.complete_jobs(p_job_ids uuid[]) IS 'Jobs have passed their last stage.';
REVOKE ALL ON FUNCTION pipeline_internal.complete_jobs(p_job_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.complete_parse(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.parse_output) RETURNS double precision
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_submission pipeline_internal.submissions;
begin
  -- Locks the submission: receive_delivery waits until the message exists that it makes due.
  update pipeline_internal.submissions
  set provider_job_id = p_output.provider_job_id, submitted_at = clock_timestamp()
  where submission_id = p_output.submission_id and job_id = p_job.job_id
  returning * into strict v_submission;

  -- A webhook call that overtook this settlement is found here.
  if exists (
    select from pipeline_internal.deliveries d
    where d.provider_job_id = v_submission.provider_job_id
      or (d.job_id = p_job.job_id and d.received_at >= v_submission.requested_at)
  ) then
    return 0;
  end if;
  return (select first_poll_seconds from pipeline_internal.limits);
end $$;
COMMENT ON FUNCTION pipeline_internal.complete_parse(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.parse_output) IS 'Records the provider''s job id. Returns the seconds until the first poll, 0 if the webhook call has come already.';
REVOKE ALL ON FUNCTION pipeline_internal.complete_parse(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.parse_output) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.complete_stage(p_job upload_pipeline.upload_jobs, p_output jsonb) RETURNS double precision
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  case p_job.stage
    when 'parse' then
      return pipeline_internal.complete_parse(
        p_job, jsonb_populate_record(null::pipeline_internal.parse_output, p_output));
    when 'fetch_result' then
      return pipeline_internal.complete_fetch_result(
        p_job, jsonb_populate_record(null::pipeline_internal.fetch_result_output, p_output));
    when 'chunk' then
      return pipeline_internal.complete_chunk(
        p_job, jsonb_populate_record(null::pipeline_internal.chunk_output, p_output));
    when 'embed' then
      return pipeline_internal.complete_embed(p_job);
    else
      return 0;
  end case;
end $$;
COMMENT ON FUNCTION pipeline_internal.complete_stage(p_job upload_pipeline.upload_jobs, p_output jsonb) IS 'Writes what the job''s stage made of the document: calls complete_<stage> with the output read as <stage>_output. Returns the seconds until the next stage is due.';
REVOKE ALL ON FUNCTION pipeline_internal.complete_stage(p_job upload_pipeline.upload_jobs, p_output jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.console_role(p_user_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select u.raw_app_meta_data ->> 'pipeline_role' from auth.users u
  where u.id = p_user_id and u.deleted_at is null and (u.banned_until is null or u.banned_until < now())
$$;
COMMENT ON FUNCTION pipeline_internal.console_role(p_user_id uuid) IS 'The console''s role of a user: viewer, operator, or null. Null also for a banned or deleted user.';
REVOKE ALL ON FUNCTION pipeline_internal.console_role(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.consume_attempt(p_kind text, p_address text) RETURNS TABLE(limit_name text, allowed boolean, limit_value integer, remaining integer, reset_seconds integer)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select 'sign_in_attempts_per_address', t.allowed, l.sign_in_attempts_per_address, t.remaining, t.reset_seconds
  from pipeline_internal.limits l
  cross join lateral pipeline_internal.consume_rate_limit(
    p_kind || ':' || p_address, l.sign_in_attempts_per_address, l.sign_in_window_seconds) t
$$;
COMMENT ON FUNCTION pipeline_internal.consume_attempt(p_kind text, p_address text) IS 'Counts an attempt of a caller who is not signed in, by a digest of the address. p_kind: sign-in or refresh.';
REVOKE ALL ON FUNCTION pipeline_internal.consume_attempt(p_kind text, p_address text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.consume_pages(p_user_id uuid, p_count integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_taken record;
begin
  v_taken := pipeline_internal.consume_rate_limit(
    'pages:' || p_user_id, (select l.pages_per_user_per_day from pipeline_internal.limits l), 86400, p_count);
  return case when not v_taken.allowed then v_taken.reset_seconds end;
end $$;
COMMENT ON FUNCTION pipeline_internal.consume_pages(p_user_id uuid, p_count integer) IS 'Counts pages that the parser is about to read for a user. Returns the seconds to wait if the user''s daily pages are used up, in which case nothing is consumed; null: allowed.';
REVOKE ALL ON FUNCTION pipeline_internal.consume_pages(p_user_id uuid, p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.consume_paid_request(p_user_id uuid, OUT limit_name text, OUT limit_value integer, OUT retry_after_seconds integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_limits pipeline_internal.limits;
  v_taken record;
begin
  select * into strict v_limits from pipeline_internal.limits;
  select ceil(extract(epoch from a.resets_at - clock_timestamp()))::int into retry_after_seconds
  from pipeline_internal.rate_limits a
  where a.key = 'pages:' || p_user_id and a.resets_at > clock_timestamp()
    and a.used_count >= v_limits.pages_per_user_per_day;
  if found then
    limit_name := 'pages_per_user_per_day';
    limit_value := v_limits.pages_per_user_per_day;
    return;
  end if;
  v_taken := pipeline_internal.consume_rate_limit('uploads:' || p_user_id, v_limits.uploads_per_user_per_day, 86400);
  if not v_taken.allowed then
    limit_name := 'uploads_per_user_per_day';
    limit_value := v_limits.uploads_per_user_per_day;
    retry_after_seconds := v_taken.reset_seconds;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.consume_paid_request(p_user_id uuid, OUT limit_name text, OUT limit_value integer, OUT retry_after_seconds integer) IS 'Counts a request that makes the pipeline process a document, which may cost money. limit_name: the daily limit that refuses it, in which case nothing is consumed; null: allowed.';
REVOKE ALL ON FUNCTION pipeline_internal.consume_paid_request(p_user_id uuid, OUT limit_name text, OUT limit_value integer, OUT retry_after_seconds integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.consume_rate_limit(p_key text, p_limit integer, p_window_seconds integer, p_count integer DEFAULT 1, OUT allowed boolean, OUT remaining integer, OUT reset_seconds integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_used_count int;
  v_resets_at timestamptz;
begin
  insert into pipeline_internal.rate_limits as a (key, used_count, resets_at)
  values (p_key, p_count, v_now + make_interval(secs => p_window_seconds))
  on conflict (key) do update
    set used_count = case when a.resets_at <= v_now then p_count else a.used_count + p_count end,
        resets_at = case when a.resets_at <= v_now then excluded.resets_at else a.resets_at end
    where a.resets_at <= v_now or a.used_count < p_limit
  returning a.used_count, a.resets_at into v_used_count, v_resets_at;
  allowed := found;

  if not allowed then
    -- A refusal wrote nothing; this transaction holds the lock on the row.
    select a.used_count, a.resets_at into strict v_used_count, v_resets_at
    from pipeline_internal.rate_limits a where a.key = p_key;
  end if;
  remaining := greatest(0, p_limit - v_used_count);
  reset_seconds := greatest(1, ceil(extract(epoch from v_resets_at - v_now)))::int;
end $$;
COMMENT ON FUNCTION pipeline_internal.consume_rate_limit(p_key text, p_limit integer, p_window_seconds integer, p_count integer, OUT allowed boolean, OUT remaining integer, OUT reset_seconds integer) IS 'Consumes one from the key''s rate limit: exactly p_limit are allowed per window, which begins with the first one and ends in reset_seconds. A refusal consumes nothing. With p_count above 1, the last call may exceed the limit: a call is allowed if it begins before the limit is reached.';
REVOKE ALL ON FUNCTION pipeline_internal.consume_rate_limit(p_key text, p_limit integer, p_window_seconds integer, p_count integer, OUT allowed boolean, OUT remaining integer, OUT reset_seconds integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.consume_request(p_user_id uuid, p_polled_id uuid DEFAULT NULL::uuid, OUT limit_name text, OUT allowed boolean, OUT limit_value integer, OUT remaining integer, OUT reset_seconds integer) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_polls_per_minute int;
  v_taken record;
begin
  perform pipeline_internal.require_account(p_user_id);
  select l.requests_per_user_per_hour, l.status_polls_per_minute into strict limit_value, v_polls_per_minute
  from pipeline_internal.limits l;
  limit_name := 'requests_per_user_per_hour';
  v_taken := pipeline_internal.consume_rate_limit('requests:' || p_user_id, limit_value, 3600);

  -- If both limits count the request, the answer reports the tighter one: that of the polls.
  if v_taken.allowed and p_polled_id is not null then
    limit_name := 'status_polls_per_minute';
    limit_value := v_polls_per_minute;
    v_taken := pipeline_internal.consume_rate_limit('polls:' || p_user_id || ':' || p_polled_id, limit_value, 60);
  end if;
  allowed := v_taken.allowed;
  remaining := v_taken.remaining;
  reset_seconds := v_taken.reset_seconds;
end $$;
COMMENT ON FUNCTION pipeline_internal.consume_request(p_user_id uuid, p_polled_id uuid, OUT limit_name text, OUT allowed boolean, OUT limit_value integer, OUT remaining integer, OUT reset_seconds integer) IS 'Counts a request of a signed-in user, and a status request also against the polls of p_polled_id. Reports the limit that refused it, or the tightest one. PT401 for a user whose account was deleted.';
REVOKE ALL ON FUNCTION pipeline_internal.consume_request(p_user_id uuid, p_polled_id uuid, OUT limit_name text, OUT allowed boolean, OUT limit_value integer, OUT remaining integer, OUT reset_seconds integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.consume_tokens(p_stage pipeline_internal.stages, p_count integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_provider pipeline_internal.providers;
begin
  if p_stage.provider is null or p_count = 0 then return; end if;
  select * into v_provider from pipeline_internal.providers where provider = p_stage.provider;
  if v_provider.opened_at is null and p_stage.requests_per_message = 0 then return; end if;

  v_provider := pipeline_internal.refilled(v_provider);
  update pipeline_internal.providers
  set request_level = v_provider.request_level - p_count * p_stage.requests_per_message,
      token_level = v_provider.token_level, refilled_at = v_provider.refilled_at,
      -- The probe is under way. If its worker dies, another may follow after 30 s. A circuit that opened since
      -- lock_capacity keeps its longer pause.
      probe_at = case when opened_at is not null then greatest(probe_at, clock_timestamp() + interval '30 seconds') end
  where provider = p_stage.provider;
end $$;
COMMENT ON FUNCTION pipeline_internal.consume_tokens(p_stage pipeline_internal.stages, p_count integer) IS 'Takes the requests of so many claimed messages from the provider''s bucket. A claim while the circuit is open is the probe.';
REVOKE ALL ON FUNCTION pipeline_internal.consume_tokens(p_stage pipeline_internal.stages, p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.continue_inline(p_stage pipeline_internal.stages, p_settled pipeline_internal.settled[], p_run_id uuid) RETURNS TABLE(next_stage text, slots smallint, lease_seconds real, attempts pipeline_internal.attempt[])
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_next pipeline_internal.stages;
  v_count int := cardinality(p_settled);
  v_job_ids uuid[];
  v_msg_ids bigint[];
begin
  select * into v_next from pipeline_internal.stages s where s.stage = p_stage.next_stage;
  if not found or v_count not between 1 and least(v_next.slots, v_next.batch)
     or exists (select from unnest(p_settled) s where s.next_stage is distinct from v_next.stage or s.delay_seconds > 0)
     -- The order of the queue is kept.
     or pipeline_internal.has_work(v_next.stage)
     or pipeline_internal.lock_capacity(v_next, v_count) < v_count
     -- Only a claim sends the probe.
     or exists (select from pipeline_internal.providers p where p.provider = v_next.provider
        and p.opened_at is not null) then
    return;
  end if;
  -- Nowait: this transaction holds locks for which the holder of the stage's lock may wait.
  select v_next.stage, r.slots, r.lease_seconds into next_stage, slots, lease_seconds
  from pipeline_internal.begin_run(v_next.stage, p_run_id, p_nowait => true) r;
  if not found then return; end if;

  -- Without requests to take, lock_capacity has not locked the provider, which must not be locked after the stage.
  if v_next.requests_per_message > 0 then
    perform pipeline_internal.consume_tokens(v_next, v_count);
  end if;
  -- The new messages are leased from the start: hidden for lease_seconds, with a read_ct of 0.
  perform pipeline_internal.leave_stage(p_stage.stage, array(
    select row(s.job, true, v_next.stage, ceil(lease_seconds))::pipeline_internal.settled from unnest(p_settled) s));
  select array_agg(j.job_id), array_agg(j.message_id) into v_job_ids, v_msg_ids
  from upload_pipeline.upload_jobs j
  where j.job_id = any (array(select (s.job).job_id from unnest(p_settled) s));
  attempts := array(
    select a
    from pipeline_internal.begin_attempts(v_next, v_job_ids, v_msg_ids, array_fill(0, array[v_count]), p_run_id) a);
  -- Only this run acts on these attempts, and what it commits durably later makes this commit durable first.
  perform set_config('synchronous_commit', 'off', true);
  return next;
end $$;
COMMENT ON FUNCTION pipeline_internal.continue_inline(p_stage pipeline_internal.stages, p_settled pipeline_internal.settled[], p_run_id uuid) IS 'Begins the run p_run_id at the next stage with attempts at all these jobs: no run is woken and no message is read. The commit does not wait for the disk. No row, and nothing done: a job goes elsewhere or later, messages wait there, or the stage has no slot, run or capacity for all.';
REVOKE ALL ON FUNCTION pipeline_internal.continue_inline(p_stage pipeline_internal.stages, p_settled pipeline_internal.settled[], p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.correct_counted_pages(p_charges jsonb, p_held_job_ids uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $_$
  with reported as (
    select substring(c.key from '^parse:([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$')::uuid as submission_id,
           c.quantity
    from jsonb_to_recordset(p_charges) as c (key text, purpose text, quantity int, job_id uuid)
    where c.purpose = 'parse' and c.job_id = any (p_held_job_ids)
  ), corrected as (
    update pipeline_internal.submissions s set counted_pages = t.quantity
    from reported t, pipeline_internal.submissions before
    where s.submission_id = t.submission_id and before.submission_id = t.submission_id and s.counted_pages <> t.quantity
    returning s.job_id, t.quantity - before.counted_pages as more
  ), counted as (
    select a.key, sum.more
    from (
      select 'pages:' || j.user_id as key, sum(c.more)::int as more
      from corrected c join upload_pipeline.upload_jobs j using (job_id) group by 1) sum
    join pipeline_internal.rate_limits a on a.key = sum.key and a.resets_at > clock_timestamp()
    -- All settlements lock the rows of several users in the same order.
    order by a.key for update of a
  )
  update pipeline_internal.rate_limits a set used_count = greatest(0, a.used_count + c.more)
  from counted c where a.key = c.key
$_$;
COMMENT ON FUNCTION pipeline_internal.correct_counted_pages(p_charges jsonb, p_held_job_ids uuid[]) IS 'Corrects the owner''s daily pages to what the parser read, instead of what was estimated at submission. p_charges: as for record_charges; a repeated report changes nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.correct_counted_pages(p_charges jsonb, p_held_job_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.count_events(p_after bigint, p_to bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_counts pipeline_internal.counters[];
begin
  with passed as materialized (
    select p.*, greatest(extract(epoch from p.left_at - p.entered_at)::double precision, 0) as seconds
    from pipeline_internal.stage_transitions_between(p_after, p_to) p
  ), by_minute as (
    insert into pipeline_internal.stage_transitions as p (since, stage, bucket, transition_count)
    select date_trunc('minute', left_at), stage, ceil(ln(greatest(seconds, 0.001)) / ln(1.1))::smallint, count(*)
    from passed
    group by 1, 2, 3
    on conflict (since, stage, bucket) do update set transition_count = p.transition_count + excluded.transition_count
  ), counted as (
    select 'pipeline_documents_total' as name, jsonb_build_object('status', e.status) as labels, 1 as value
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'status'
    union all
    select 'pipeline_errors_total',
           jsonb_build_object('type', e.type, 'stage', e.stage, 'code', coalesce(e.code, '')), 1
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type in ('retry', 'pause', 'failure')
    union all
    select 'pipeline_warnings_total', jsonb_build_object('code', coalesce(e.code, '')), 1
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'warning'
    union all
    select 'pipeline_failures_total', jsonb_build_object('error_class', pipeline_internal.error_class(e.code)), 1
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'failure'
    union all
    select 'pipeline_stage_duration_seconds_bucket',
           jsonb_build_object('stage', stage, 'le', pipeline_internal.duration_bound(seconds)), 1
    from passed
    union all
    select 'pipeline_stage_duration_seconds_sum', jsonb_build_object('stage', stage), seconds from passed
  )
  select array_agg(row(name, labels, value)::pipeline_internal.counters) into v_counts from counted;
  perform pipeline_internal.add_to_counters(v_counts);
end $$;
COMMENT ON FUNCTION pipeline_internal.count_events(p_after bigint, p_to bigint) IS 'Adds the events in (p_after, p_to] to the counters. Callers must not count events twice: roll_up_events ensures that.';
REVOKE ALL ON FUNCTION pipeline_internal.count_events(p_after bigint, p_to bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.count_requests(p_function text, p_requests jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_counts pipeline_internal.counters[];
begin
  with asked as (
    select * from jsonb_to_recordset(p_requests) as r (route text, method text, status int, seconds double precision)
  ), counted as (
    select 'pipeline_requests_total' as name,
           jsonb_build_object('function', p_function, 'route', route, 'method', method,
                              'status', status::text) as labels,
           1 as value
    from asked
    union all
    select 'pipeline_request_duration_seconds_bucket',
           jsonb_build_object('function', p_function, 'le', pipeline_internal.duration_bound(seconds)), 1
    from asked
    union all
    select 'pipeline_request_duration_seconds_sum', jsonb_build_object('function', p_function), seconds from asked
  )
  select array_agg(row(name, labels, value)::pipeline_internal.counters) into v_counts from counted;
  perform pipeline_internal.add_to_counters(v_counts);
end $$;
COMMENT ON FUNCTION pipeline_internal.count_requests(p_function text, p_requests jsonb) IS 'Adds the requests of a function to the counters. p_requests: [{route, method, status, seconds}].';
REVOKE ALL ON FUNCTION pipeline_internal.count_requests(p_function text, p_requests jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.create_queues() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_stage text;
  v_sequence text;
begin
  for v_stage in select s.stage from pipeline_internal.stages s order by 1 loop
    -- pgmq.create locks the tables of an existing queue.
    if to_regclass('pgmq.q_' || v_stage) is null or to_regclass('pgmq.a_' || v_stage) is null then
      perform pgmq.create(v_stage);
    end if;
    -- A new message must not get the id of a message that a job still refers to.
    v_sequence := pg_get_serial_sequence('pgmq.q_' || v_stage, 'msg_id');
    perform setval(v_sequence, greatest(nextval(v_sequence), coalesce(max(j.message_id), 0) + 1), false)
    from upload_pipeline.upload_jobs j where j.stage = v_stage;
  end loop;
end $$;
COMMENT ON FUNCTION pipeline_internal.create_queues() IS 'Creates the missing queues of all stages. pgmq''s queues are members of the extension: a dump of the database lacks them, and dropping the extension drops them. reconcile() then replaces their messages.';
REVOKE ALL ON FUNCTION pipeline_internal.create_queues() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.current_submission(p_job_id uuid) RETURNS TABLE(submission_id uuid, provider_job_id text, poll_count integer, pages integer[], ocr boolean, is_page_reparse boolean, warnings jsonb, is_overdue boolean)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.submission_id, s.provider_job_id, s.poll_count, s.pages, s.ocr, s.is_page_reparse,
         d.warnings,
         s.submitted_at < clock_timestamp() - make_interval(secs => l.parse_deadline_seconds)
  from pipeline_internal.submissions s
  join upload_pipeline.upload_jobs j using (job_id)
  join upload_pipeline.documents d using (document_id)
  cross join pipeline_internal.limits l
  where s.job_id = p_job_id and s.finished_at is null
$$;
COMMENT ON FUNCTION pipeline_internal.current_submission(p_job_id uuid) IS 'The job''s open submission, with the document''s warnings from earlier parses.';
REVOKE ALL ON FUNCTION pipeline_internal.current_submission(p_job_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.database_started_at() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- After the crash of one session Postgres restarts all other sessions and its background processes, but not the
  -- postmaster.
  select greatest(
    pg_postmaster_start_time(),
    (select max(a.backend_start) from pg_catalog.pg_stat_get_activity(null) a
     where a.backend_type in ('checkpointer', 'background writer', 'walwriter')))
$$;
COMMENT ON FUNCTION pipeline_internal.database_started_at() IS 'When the database last ended all sessions: its start, or its latest recovery from a crash.';
REVOKE ALL ON FUNCTION pipeline_internal.database_started_at() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.delete_document(p_user_id uuid, p_document_id uuid, p_request_id text DEFAULT NULL::text, p_network cidr DEFAULT NULL::cidr) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_job upload_pipeline.upload_jobs;
begin
  -- Lock order: the user before the user's rows; see end_work_of_account.
  perform from auth.users u where u.id = p_user_id for key share;
  -- Lock order: the message before the job, as in workers. This waits for a settlement that is under way, and a later
  -- worker finds no job.
  select * into v_job from upload_pipeline.upload_jobs where document_id = p_document_id and user_id = p_user_id;
  if v_job.message_id is not null then
    perform pipeline_internal.lock_messages(v_job.stage, array[v_job.message_id]);
  end if;
  select * into v_job from upload_pipeline.upload_jobs
  where document_id = p_document_id and user_id = p_user_id for update;
  if not found then return false; end if;

  if v_job.message_id is not null then
    -- The message may be the next stage's by now, and leased: then its worker drops it when it finds no job.
    execute format(
      'delete from pgmq.%1$I where msg_id in (select msg_id from pgmq.%1$I where msg_id = $1 for update skip locked)',
      'q_' || v_job.stage) using v_job.message_id;
  end if;
  delete from upload_pipeline.documents where document_id = p_document_id and user_id = p_user_id;
  perform pipeline_internal.record_audit_entry('delete', p_user_id, p_document_id, p_request_id, p_network);

  if v_job.message_id is not null then
    perform pipeline_internal.advance_user_queues(array[p_user_id]);
  end if;
  return true;
end $_$;
COMMENT ON FUNCTION pipeline_internal.delete_document(p_user_id uuid, p_document_id uuid, p_request_id text, p_network cidr) IS 'Deletes the user''s document with its job, chunks and events, queues the removal of its files and the cancellation of its parse, and frees its user slot. Safe while a stage processes it. False, without effect, if the user has no such document.';
REVOKE ALL ON FUNCTION pipeline_internal.delete_document(p_user_id uuid, p_document_id uuid, p_request_id text, p_network cidr) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.delete_messages(p_stage text, p_msg_ids bigint[]) RETURNS SETOF bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        delete from pgmq.q_parse q where q.msg_id = any ($2) returning q.msg_id;
    when 'fetch_result' then
      return query
        delete from pgmq.q_fetch_result q where q.msg_id = any ($2) returning q.msg_id;
    when 'chunk' then
      return query
        delete from pgmq.q_chunk q where q.msg_id = any ($2) returning q.msg_id;
    when 'embed' then
      return query
        delete from pgmq.q_embed q where q.msg_id = any ($2) returning q.msg_id;
    else
      return query execute format('
        delete from pgmq.%1$I q where q.msg_id = any ($2) returning q.msg_id', 'q_' || p_stage)
      using $1, $2;
  end case;
end $_$;
COMMENT ON FUNCTION pipeline_internal.delete_messages(p_stage text, p_msg_ids bigint[]) IS 'Deletes messages, whichever worker leases them. The caller holds the fence.';
REVOKE ALL ON FUNCTION pipeline_internal.delete_messages(p_stage text, p_msg_ids bigint[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.document_cents(p_mime text, p_bytes_len bigint, p_page_count integer DEFAULT NULL::integer) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select pipeline_internal.expected_cents(pages.count, case when is_text then p_bytes_len / 4 else 0 end)
           + pipeline_internal.embedding_cents(pages.count)
    from (select p_mime in ('text/plain', 'text/markdown') as is_text) kind
    cross join lateral (
      -- Text needs no parser.
      select case
        when is_text then 0 else pipeline_internal.expected_pages(p_mime, p_bytes_len, p_page_count) end as count
    ) pages);
end $$;
COMMENT ON FUNCTION pipeline_internal.document_cents(p_mime text, p_bytes_len bigint, p_page_count integer) IS 'The expected cost of a document: from the known page count, or from its size.';
REVOKE ALL ON FUNCTION pipeline_internal.document_cents(p_mime text, p_bytes_len bigint, p_page_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.document_id(p_user_id uuid, p_sha256 text) RETURNS uuid
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return extensions.uuid_generate_v5(
    '6c8a1e6e-1f0b-4aa8-9f0a-1a7c2e6f2b42', p_user_id::text || ':' || p_sha256);
end $$;
COMMENT ON FUNCTION pipeline_internal.document_id(p_user_id uuid, p_sha256 text) IS 'The id of a document: the same bytes of the same user yield the same id. The file name is never part of it.';
REVOKE ALL ON FUNCTION pipeline_internal.document_id(p_user_id uuid, p_sha256 text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.document_of_path(p_path text) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $_$
  select substring(
    p_path from '^user/[0-9a-f-]{36}/(?:raw|original|parsed)/'
                '([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?:\.[0-9a-f-]{36})?\.[a-z]+$')::uuid
$_$;
COMMENT ON FUNCTION pipeline_internal.document_of_path(p_path text) IS 'The document that a stored file belongs to; null for any other file.';
REVOKE ALL ON FUNCTION pipeline_internal.document_of_path(p_path text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.document_status_for(p_claims jsonb, p_document_id uuid) RETURNS upload_pipeline.document_status
    LANGUAGE plpgsql STRICT
    SET search_path TO ''
    SET role TO 'authenticated'
    AS $$
declare
  v_status upload_pipeline.document_status;
begin
  perform set_config('request.jwt.claims', p_claims::text, true);
  select * into v_status from upload_pipeline.document_status where document_id = p_document_id;
  return v_status;
end $$;
COMMENT ON FUNCTION pipeline_internal.document_status_for(p_claims jsonb, p_document_id uuid) IS 'The status that row-level security shows to the bearer of these verified claims, in one statement; null both for a document that does not exist and for another user''s.';
REVOKE ALL ON FUNCTION pipeline_internal.document_status_for(p_claims jsonb, p_document_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.due_message(p_stage text) RETURNS SETOF bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        select q.msg_id from pgmq.q_parse q where q.vt <= clock_timestamp() limit 1;
    when 'fetch_result' then
      return query
        select q.msg_id from pgmq.q_fetch_result q where q.vt <= clock_timestamp() limit 1;
    when 'chunk' then
      return query
        select q.msg_id from pgmq.q_chunk q where q.vt <= clock_timestamp() limit 1;
    when 'embed' then
      return query
        select q.msg_id from pgmq.q_embed q where q.vt <= clock_timestamp() limit 1;
    else
      return query execute format('
        select q.msg_id from pgmq.%1$I q where q.vt <= clock_timestamp() limit 1', 'q_' || p_stage)
      using $1;
  end case;
end $_$;
COMMENT ON FUNCTION pipeline_internal.due_message(p_stage text) IS 'One of the due messages, if there is any.';
REVOKE ALL ON FUNCTION pipeline_internal.due_message(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.due_suspects() RETURNS TABLE(stage text, job_id uuid, message_id bigint, due_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select j.stage, j.job_id, j.message_id, coalesce(j.next_attempt_at, j.updated_at)
  from upload_pipeline.upload_jobs j
  where j.is_isolated and j.message_id is not null and j.state <> 'working'
    and coalesce(j.next_attempt_at, j.updated_at) <= clock_timestamp()
$$;
COMMENT ON FUNCTION pipeline_internal.due_suspects() IS 'The suspects that are due.';
REVOKE ALL ON FUNCTION pipeline_internal.due_suspects() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.duration_bound(p_seconds double precision) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select coalesce(min(bound)::text, '+Inf')
  from unnest(pipeline_internal.duration_bounds()) bound where bound >= p_seconds
$$;
COMMENT ON FUNCTION pipeline_internal.duration_bound(p_seconds double precision) IS 'The histogram bucket of a duration.';
REVOKE ALL ON FUNCTION pipeline_internal.duration_bound(p_seconds double precision) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.duration_bounds() RETURNS double precision[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select array[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]::double precision[]
$$;
COMMENT ON FUNCTION pipeline_internal.duration_bounds() IS 'The upper bounds of every histogram''s buckets, in seconds; +Inf comes on top. A change of the bounds resets the histograms.';
REVOKE ALL ON FUNCTION pipeline_internal.duration_bounds() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.embedded_count(p_document_id uuid, OUT embedded_count integer, OUT chunk_count integer) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*) filter (
           where c.chunk_sha in (
             select v.chunk_sha from pipeline_internal.pending_vectors v where v.document_id = p_document_id)),
         count(*)
  from pipeline_internal.pending_chunks c where c.document_id = p_document_id
$$;
COMMENT ON FUNCTION pipeline_internal.embedded_count(p_document_id uuid, OUT embedded_count integer, OUT chunk_count integer) IS 'How many of a document''s pending chunks have their vectors, and how many there are.';
REVOKE ALL ON FUNCTION pipeline_internal.embedded_count(p_document_id uuid, OUT embedded_count integer, OUT chunk_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.embedded_text(p_context text, p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select case when p_context = '' then p_text else p_context || e'\n\n' || p_text end
$$;
COMMENT ON FUNCTION pipeline_internal.embedded_text(p_context text, p_text text) IS 'The text that the provider embeds for a chunk, and whose digest is chunk_sha.';
REVOKE ALL ON FUNCTION pipeline_internal.embedded_text(p_context text, p_text text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.embedding_cents(p_pages numeric) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return pipeline_internal.expected_cents(0, 1000 * p_pages);
end $$;
COMMENT ON FUNCTION pipeline_internal.embedding_cents(p_pages numeric) IS 'The expected cost of embedding pages of unknown content. A page is assumed to have 1,000 tokens.';
REVOKE ALL ON FUNCTION pipeline_internal.embedding_cents(p_pages numeric) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.end_isolated_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.lock_isolation();
  if p_reason = 'drained' and pipeline_internal.has_due_suspect(p_stage) then return false; end if;
  update pipeline_internal.worker_runs
  set ended_at = clock_timestamp(), ended_by = p_reason, settled_count = p_settled_count
  where run_id = p_run_id and ended_at is null;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.end_isolated_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count integer) IS 'Ends the run that tries suspects; the sweeper calls the next one. False, and nothing done: the run is drained but another suspect of the stage is due, so it continues.';
REVOKE ALL ON FUNCTION pipeline_internal.end_isolated_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.end_notification(p_delivery_no bigint, p_attempt integer, p_status integer, p_error text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_endpoint_id uuid;
begin
  update pipeline_internal.outbox o
  set last_status = p_status, last_error = left(p_error, 500),
      delivered_at = case when p_error is null then clock_timestamp() end,
      body = case when p_error is not null then o.body end,
      audit_no = case when p_error is not null then o.audit_no end,
      user_id = case when p_error is not null or o.type not in ('document.deleted', 'account.deleted')
        then o.user_id end,
      document_id = case when p_error is not null or o.type <> 'document.deleted' then o.document_id end,
      given_up_at = case when p_error is not null and (o.attempt_count >= 12 or p_status = 410)
        then clock_timestamp() end,
      -- 5, 15, 45 seconds and so on, up to six hours.
      due_at = clock_timestamp() + make_interval(
        secs => least(21600, 5 * power(3, least(o.attempt_count, 12) - 1)) * (0.8 + 0.4 * random()))
  where o.delivery_no = p_delivery_no and o.attempt_count = p_attempt and o.delivered_at is null
  returning o.endpoint_id into v_endpoint_id;

  -- 410 means that the endpoint is gone for good.
  if found and p_status = 410 then
    update pipeline_internal.endpoints set is_enabled = false where endpoint_id = v_endpoint_id;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.end_notification(p_delivery_no bigint, p_attempt integer, p_status integer, p_error text) IS 'Ends an attempt: without an error the notification was delivered, and its content is removed; otherwise it is retried, up to twelve times. An endpoint that answers 410 is disabled. No effect if another attempt has begun.';
REVOKE ALL ON FUNCTION pipeline_internal.end_notification(p_delivery_no bigint, p_attempt integer, p_status integer, p_error text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.end_restore() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select pipeline_internal.allow_file_types(array_agg(t.extension))
  from pipeline_internal.file_types t
  where t.mime = any (array(select unnest(allowed_mime_types) from pipeline_internal.limits));
  select pipeline_internal.resume_stage(stage) from pipeline_internal.stages
  where paused_because = 'a restore is under way'
$$;
COMMENT ON FUNCTION pipeline_internal.end_restore() IS 'Ends a restore after its files are there: the bucket accepts the allowed types again, and the stages resume, except those that an operator had paused before.';
REVOKE ALL ON FUNCTION pipeline_internal.end_restore() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.end_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count integer, p_nowait boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_has_work boolean;
begin
  -- Waits for the transactions that woke no run because this one runs.
  if not pg_try_advisory_xact_lock(pipeline_internal.stage_lock(p_stage)) then
    if p_nowait then return false; end if;
    perform pg_advisory_xact_lock(pipeline_internal.stage_lock(p_stage));
  end if;
  v_has_work := pipeline_internal.has_work(p_stage);
  if v_has_work and p_reason = 'drained' then return false; end if;

  update pipeline_internal.worker_runs
  set ended_at = clock_timestamp(), ended_by = p_reason, settled_count = p_settled_count
  where run_id = p_run_id and ended_at is null;

  if v_has_work then
    perform pipeline_internal.wake(p_stage);
  end if;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.end_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count integer, p_nowait boolean) IS 'Ends a run. False, and nothing done: the run is drained but a message has become due, so it continues; or p_nowait and another transaction holds the stage''s lock. A run that ends with messages due wakes the next run.';
REVOKE ALL ON FUNCTION pipeline_internal.end_run(p_stage text, p_run_id uuid, p_reason text, p_settled_count integer, p_nowait boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.end_sign_in(p_user_id uuid, p_sign_in_no bigint, p_email_digest text, p_outcome text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.lock_sign_ins(p_user_id);
  delete from pipeline_internal.pending_sign_ins
  where sign_in_no = (
    -- Prefers a sign-in that the hook has seen, because the hook may have marked it for the password of another one.
    select a.sign_in_no from pipeline_internal.pending_sign_ins a
    where a.user_id = p_user_id and (a.is_seen_by_hook or a.sign_in_no = p_sign_in_no)
    order by a.is_seen_by_hook desc, a.sign_in_no = p_sign_in_no desc limit 1);
  if p_outcome = 'right' then
    delete from pipeline_internal.rate_limits where key = 'account:' || p_email_digest;
  elsif p_outcome = 'unknown' then
    update pipeline_internal.rate_limits set used_count = used_count - 1
    where key = 'account:' || p_email_digest and used_count > 0;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.end_sign_in(p_user_id uuid, p_sign_in_no bigint, p_email_digest text, p_outcome text) IS 'Ends a sign-in through the API. right: resets the count; wrong: keeps it; unknown: takes this attempt back, because Auth did not judge the password.';
REVOKE ALL ON FUNCTION pipeline_internal.end_sign_in(p_user_id uuid, p_sign_in_no bigint, p_email_digest text, p_outcome text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.end_work_of_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_messages text[];
  v_stage text;
begin
  loop
    v_messages := pipeline_internal.messages_of(old.id);
    begin
      for v_stage in select distinct split_part(m, '/', 1) from unnest(v_messages) m order by 1 loop
        execute format(
          $q$
            delete from pgmq.%1$I where msg_id in (
              select q.msg_id from pgmq.%1$I q join upload_pipeline.upload_jobs j on j.message_id = q.msg_id
              where j.stage = $1 and j.user_id = $2
              order by q.msg_id
              for update of q)
          $q$, 'q_' || v_stage) using v_stage, old.id;
      end loop;
      if pipeline_internal.messages_of(old.id) = v_messages then
        -- Active jobs in the order of their messages, queued jobs in the order of their user queue: the orders in which
        -- other transactions lock several.
        perform from upload_pipeline.upload_jobs j where j.user_id = old.id
        order by j.stage, j.message_id, j.user_queued_at, j.job_id for update;
        exit when pipeline_internal.messages_of(old.id) = v_messages;
      end if;
      -- A job moved to another stage, or was admitted, during the wait. This releases all locks before it waits for the
      -- new message: see the lock order.
      raise exception using errcode = 'object_in_use';
    exception when object_in_use then
      null;
    end;
  end loop;
  return old;
end $_$;
COMMENT ON FUNCTION pipeline_internal.end_work_of_account() IS 'Deletes the user''s messages. Locks messages before their jobs, as workers do, and both before the documents, which a settlement needs until its end. The deletion holds the lock on the user''s row, and code that acts for a user shares that lock first. Runs as its owner: Auth, which deletes, has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.end_work_of_account() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.endpoint_host(p_url text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select substring(p_url from '^https?://(?:[^/?#]*@)?([^/?#@]+)')
$$;
COMMENT ON FUNCTION pipeline_internal.endpoint_host(p_url text) IS 'The host of an endpoint. Its path may be a secret, and so may be a name and password before the host.';
REVOKE ALL ON FUNCTION pipeline_internal.endpoint_host(p_url text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.endpoint_secret(p_endpoint_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.decrypted_secret from vault.decrypted_secrets s
  where s.name = pipeline_internal.endpoint_secret_name(p_endpoint_id)
$$;
REVOKE ALL ON FUNCTION pipeline_internal.endpoint_secret(p_endpoint_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.endpoint_secret_name(p_endpoint_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$ select 'pipeline_endpoint_' || p_endpoint_id $$;
REVOKE ALL ON FUNCTION pipeline_internal.endpoint_secret_name(p_endpoint_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.enforce_audit_log_retention() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_user_is_gone boolean :=
    tg_op = 'UPDATE' and old.user_id is not null and not exists (select from auth.users where id = old.user_id);
  v_operator_is_gone boolean :=
    tg_op = 'UPDATE' and old.operator_id is not null
    and not exists (select from auth.users where id = old.operator_id);
begin
  if tg_op = 'DELETE' then
    if pipeline_internal.is_older(old.happened_at, 'audit_log', pipeline_internal.audit_log_least_days()) then
      return old;
    end if;
  -- Whatever the update sets, only these columns change. The foreign keys call this after an account was deleted.
  elsif v_user_is_gone or v_operator_is_gone then
    if v_user_is_gone then
      old.user_id := null;
      old.subject_id := null;
      old.email_digest := null;
      old.account_gone_at := clock_timestamp();
    end if;
    -- An operator may have acted on documents of their own.
    if v_operator_is_gone then
      old.operator_id := null;
    end if;
    return old;
  elsif pipeline_internal.is_older(old.account_gone_at, 'security_hold') then
    old.network := null;
    return old;
  end if;
  raise exception 'audit_log is append-only' using errcode = 'insufficient_privilege';
end $$;
COMMENT ON FUNCTION pipeline_internal.enforce_audit_log_retention() IS 'Allows the deletion of an audit entry only after the days of pipeline_internal.retention, and never within 30 days; allows an update only to clear the personal columns of a deleted account, a deleted operator, and the network after the security hold.';
REVOKE ALL ON FUNCTION pipeline_internal.enforce_audit_log_retention() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.enqueue(p_job_ids uuid[], p_stage text, p_delays integer[] DEFAULT NULL::integer[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_stage pipeline_internal.stages;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_stage;
  p_delays := coalesce(p_delays, array_fill(0, array[cardinality(p_job_ids)]));

  update upload_pipeline.upload_jobs j
  set status = v_stage.entry_status, stage = p_stage, message_id = sent.msg_id, state = 'queued', user_queued_at = null,
      waiting_for = null, attempt_count = 0, units_done = 0, units_total = 0, resume = null, last_error = null,
      claimed_at = null, finished_at = null, updated_at = clock_timestamp(),
      -- A job that finished another stage is no suspect. A suspect that was given up comes back as a suspect.
      lost_count = case when is_isolated and stage is null then v_stage.isolate_after else 0 end,
      unexplained_count = case when is_isolated and stage is null then v_stage.isolate_after else 0 end,
      is_isolated = is_isolated and stage is null,
      next_attempt_at = case when sent.vt > clock_timestamp() then sent.vt end
  from pipeline_internal.send_messages(p_stage, p_job_ids, p_delays) sent
  where j.job_id = any (p_job_ids) and j.job_id = sent.job_id;

  if 0 >= any (p_delays) then
    perform pipeline_internal.wake(p_stage);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.enqueue(p_job_ids uuid[], p_stage text, p_delays integer[]) IS 'Puts jobs into a stage: sets its entry status, sends each job''s message, due after so many seconds (by default at once), and wakes the stage if any is due at once.';
REVOKE ALL ON FUNCTION pipeline_internal.enqueue(p_job_ids uuid[], p_stage text, p_delays integer[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.envelope(p_type text, p_at timestamp with time zone, p_data jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'type', p_type, 'timestamp', to_char(p_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', p_data)
$$;
COMMENT ON FUNCTION pipeline_internal.envelope(p_type text, p_at timestamp with time zone, p_data jsonb) IS 'The body of a notification, as standardwebhooks.com specifies it.';
REVOKE ALL ON FUNCTION pipeline_internal.envelope(p_type text, p_at timestamp with time zone, p_data jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.error_class(p_code text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select case
    when p_code in (
      'ARCHIVE_IS_BROKEN',
      'DOCUMENT_TOO_LARGE',
      'EMPTY_DOCUMENT',
      'MALWARE_FOUND',
      'NOT_A_PDF',
      'NO_DATA_FOUND_IN_FILE',
      'PDF_IS_BROKEN',
      'PDF_IS_PROTECTED',
      'SHA256_MISMATCH',
      'SIZE_MISMATCH',
      'TEXT_TOO_LONG',
      'TEXT_UNREADABLE',
      'TOO_MANY_PAGES',
      'TYPE_MISMATCH',
      'UNPACKS_TOO_LARGE',
      'UNSUPPORTED_FILE_TYPE') then 'document'
    when p_code in (
      'LLAMAPARSE_BAD_ANSWER',
      'LLAMAPARSE_FAILED',
      'LLAMAPARSE_NOT_FOUND',
      'LLAMAPARSE_OUT_OF_CREDITS',
      'LLAMAPARSE_RATE_LIMITED',
      'LLAMAPARSE_REJECTED',
      'LLAMAPARSE_TIMEOUT',
      'LLAMAPARSE_UNAUTHORIZED',
      'LLAMAPARSE_UNAVAILABLE',
      'LLAMAPARSE_UNREACHABLE',
      'NO_PAGE_READ',
      'OPENAI_BAD_ANSWER',
      'OPENAI_BAD_VECTOR',
      'OPENAI_EMPTY_INPUT',
      'OPENAI_INPUT_TOO_LONG',
      'OPENAI_NOT_FOUND',
      'OPENAI_OUT_OF_CREDIT',
      'OPENAI_RATE_LIMITED',
      'OPENAI_REJECTED',
      'OPENAI_TIMEOUT',
      'OPENAI_UNAUTHORIZED',
      'OPENAI_UNAVAILABLE',
      'OPENAI_UNREACHABLE',
      'PARSE_CANCELLED',
      'PARSE_RESULT_GONE',
      'PARSE_TIMEOUT') then 'provider'
    else 'pipeline' end
$$;
COMMENT ON FUNCTION pipeline_internal.error_class(p_code text) IS 'The error class of a code: what the failure says something about. document: only another file helps. provider: LlamaParse or OpenAI. pipeline: the pipeline, and every unknown code.';
REVOKE ALL ON FUNCTION pipeline_internal.error_class(p_code text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.evaluate_alerts() RETURNS TABLE(opened bigint, closed bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_rule pipeline_internal.alert_rules;
  v_alert pipeline_internal.alerts;
  v_began_at timestamptz;
  v_error text;
begin
  -- Serializes evaluations; a concurrent one would find nothing new.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.alerts', 0));
  v_began_at := clock_timestamp();

  begin
    perform pipeline_internal.take_metric_snapshot();
  exception when others then
    -- With old metrics, rules would close alerts or never open one; so only the rule that reports this error is
    -- evaluated.
    v_error := 'cannot read the metrics: ' || sqlerrm;
    update pipeline_internal.alert_rules set last_error = v_error where is_enabled and rule <> 'PipelineRuleBroken';
  end;

  for v_rule in
    select * from pipeline_internal.alert_rules
    where is_enabled and (v_error is null or rule = 'PipelineRuleBroken')
    -- This rule looks at the errors of the others, so it comes last.
    order by rule = 'PipelineRuleBroken', rule
  loop
    begin
      perform pipeline_internal.evaluate_rule(v_rule);
      update pipeline_internal.alert_rules set last_error = null where rule = v_rule.rule and last_error is not null;
    exception when others then
      -- A rule that fails must not stop the others; the rule PipelineRuleBroken reports it.
      update pipeline_internal.alert_rules set last_error = sqlerrm where rule = v_rule.rule;
    end;
  end loop;

  opened := 0;
  for v_alert in
    insert into pipeline_internal.alerts (rule, subject, severity, summary, threshold, value, worst_value)
    select r.rule, w.subject, r.severity,
           replace(replace(replace(r.summary, '{subject}', w.subject), '{value}', round(w.value::numeric, 1)::text),
                   '{percent}', round(100 * w.value::numeric, 1) || ' %'),
           r.threshold, w.value, w.value
    from pipeline_internal.alert_states w
    join pipeline_internal.alert_rules r using (rule)
    where r.is_enabled and w.breached_since <= clock_timestamp() - make_interval(secs => r.for_seconds)
    order by r.rule, w.subject
    on conflict (rule, subject) where closed_at is null
      do update set worst_value = greatest(alerts.worst_value, excluded.worst_value)
    returning *
  loop
    -- An older row is an open alert that has been notified.
    if v_alert.opened_at >= v_began_at then
      perform pipeline_internal.notify_alert('alert.opened', v_alert);
      opened := opened + 1;
    end if;
  end loop;

  closed := 0;
  for v_alert in
    update pipeline_internal.alerts a set closed_at = clock_timestamp()
    where a.closed_at is null and not exists (
      select from pipeline_internal.alert_states w
      join pipeline_internal.alert_rules r using (rule)
      where r.rule = a.rule and w.subject = a.subject and r.is_enabled
        and coalesce(w.ok_since > clock_timestamp() - make_interval(secs => r.keep_firing_seconds), true))
    returning *
  loop
    perform pipeline_internal.notify_alert('alert.closed', v_alert);
    closed := closed + 1;
  end loop;
  return next;
end $$;
COMMENT ON FUNCTION pipeline_internal.evaluate_alerts() IS 'Evaluates every rule, opens an alert when a subject has breached its rule for long enough, and closes it when the subject has been ok for long enough. Notifies once when an alert opens and once when it closes.';
REVOKE ALL ON FUNCTION pipeline_internal.evaluate_alerts() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.evaluate_rule(p_rule pipeline_internal.alert_rules) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_now timestamptz := clock_timestamp();
begin
  execute format(
    $q$
      insert into pipeline_internal.alert_states as w (rule, subject, value, measured_at, breached_since, ok_since)
      select $1, m.subject, m.value, $2,
             case when m.value > $3 then $2 end, case when (m.value > $3) is not true then $2 end
      from (%s) m (subject, value)
      on conflict (rule, subject) do update
      set value = excluded.value, measured_at = excluded.measured_at,
          breached_since = case when excluded.breached_since is not null then coalesce(w.breached_since, $2) end,
          ok_since = case when excluded.ok_since is not null then coalesce(w.ok_since, $2) end
    $q$, p_rule.query) using p_rule.rule, v_now, p_rule.threshold;
  update pipeline_internal.alert_states
  set value = null, breached_since = null, ok_since = coalesce(ok_since, v_now), measured_at = v_now
  where rule = p_rule.rule and measured_at < v_now;
end $_$;
COMMENT ON FUNCTION pipeline_internal.evaluate_rule(p_rule pipeline_internal.alert_rules) IS 'Runs the rule''s query, and stores for each subject since when it has breached the rule or been ok.';
REVOKE ALL ON FUNCTION pipeline_internal.evaluate_rule(p_rule pipeline_internal.alert_rules) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.exceeded_budget(p_user_id uuid, p_cents numeric) RETURNS TABLE(scope text, monthly_cents numeric)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_user_cents numeric := pipeline_internal.budget_of(p_user_id);
  v_project_cents numeric := (select l.monthly_budget_cents from pipeline_internal.limits l);
begin
  if v_user_cents is not null and pipeline_internal.spent_cents(p_user_id) + p_cents > v_user_cents then
    return query select 'user', v_user_cents;
  elsif v_project_cents is not null and pipeline_internal.spent_cents() + p_cents > v_project_cents then
    return query select 'project', v_project_cents;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.exceeded_budget(p_user_id uuid, p_cents numeric) IS 'The budget that cannot cover this amount this month, even if the active documents cost nothing more; no row if both can.';
REVOKE ALL ON FUNCTION pipeline_internal.exceeded_budget(p_user_id uuid, p_cents numeric) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.expected_cents(p_pages numeric, p_tokens numeric) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select coalesce(sum(price.cents * case price.unit when 'page' then p_pages else p_tokens end), 0)
    from (
      select distinct on (unit) unit, cents from pipeline_internal.prices order by unit, is_expected desc, cents desc
    ) price);
end $$;
COMMENT ON FUNCTION pipeline_internal.expected_cents(p_pages numeric, p_tokens numeric) IS 'The expected cost of pages and tokens with the models in use, in US cents.';
REVOKE ALL ON FUNCTION pipeline_internal.expected_cents(p_pages numeric, p_tokens numeric) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.expected_pages(p_mime text, p_bytes_len bigint, p_page_count integer DEFAULT NULL::integer) RETURNS integer
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select case
      when p_mime like 'image/%' then 1
      -- The parser reads, and charges for, one page more than allowed, to detect that there are too many.
      else coalesce(p_page_count, least(l.max_pages + 1, ceil(p_bytes_len::numeric / l.expected_bytes_per_page)))
    end
    from pipeline_internal.limits l);
end $$;
COMMENT ON FUNCTION pipeline_internal.expected_pages(p_mime text, p_bytes_len bigint, p_page_count integer) IS 'The pages that the parser is expected to read of a file: the known page count, or an estimate from its size.';
REVOKE ALL ON FUNCTION pipeline_internal.expected_pages(p_mime text, p_bytes_len bigint, p_page_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.expire_uploads() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_document_ids uuid[];
begin
  with gone as (
    update upload_pipeline.upload_jobs
    set status = 'expired', state = 'done', finished_at = clock_timestamp(), updated_at = clock_timestamp()
    where job_id in (
      select j.job_id from upload_pipeline.upload_jobs j
      where j.status = 'awaiting_upload' and j.upload_expires_at < clock_timestamp() - interval '10 minutes'
      for update skip locked)
    returning document_id
  ) select array_agg(document_id) into v_document_ids from gone;

  -- Removes the files of an earlier, failed upload of the same document.
  insert into pipeline_internal.file_cleanups (path)
  select o.name
  from upload_pipeline.documents d
  join storage.objects o on o.bucket_id = 'files' and o.name in (d.raw_path, d.original_path, d.parsed_path)
  where d.document_id = any (v_document_ids);
  return coalesce(cardinality(v_document_ids), 0);
end $$;
COMMENT ON FUNCTION pipeline_internal.expire_uploads() IS 'Closes registrations whose bytes never came, and queues the removal of files from their earlier uploads.';
REVOKE ALL ON FUNCTION pipeline_internal.expire_uploads() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.exported_rows(p_user_id uuid, p_name text, p_after text, p_count integer) RETURNS SETOF pipeline_internal.exported_row
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_table record;
begin
  select * into strict v_table from pipeline_internal.exported_tables() t where t.name = p_name;
  return query execute format(
    $q$
      select r.sort_key, r.data
      from (select %1$s collate "C" as sort_key, to_jsonb(t) - %2$L::text[] as data from %3$s t where (%4$s)) r
      where r.sort_key > coalesce($2, '')
      order by r.sort_key
      limit $3
    $q$, v_table.sort_key, v_table.excluded_columns || array['user_id'], v_table.relation, v_table.condition)
  using p_user_id, p_after, p_count;
end $_$;
COMMENT ON FUNCTION pipeline_internal.exported_rows(p_user_id uuid, p_name text, p_after text, p_count integer) IS 'The user''s rows of one of exported_tables, after the sort key p_after; null: from the beginning.';
REVOKE ALL ON FUNCTION pipeline_internal.exported_rows(p_user_id uuid, p_name text, p_after text, p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.exported_tables() RETURNS TABLE(name text, relation text, sort_key text, condition text, excluded_columns text[])
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  values
    -- What was done about the user is theirs to know, not which operator did it.
    ('audit_log', 'pipeline_internal.audit_log', $q$lpad(t.audit_no::text, 20, '0')$q$, 't.user_id = $1',
     array['operator_id']),
    -- What the user did as an operator; whom it concerned is that user's.
    ('operator_acts', 'pipeline_internal.audit_log', $q$lpad(t.audit_no::text, 20, '0')$q$, 't.operator_id = $1',
     '{operator_id,subject_id,network,email_digest}'),
    ('charges', 'pipeline_internal.charges', $q$lpad(t.charge_no::text, 20, '0')$q$, 't.user_id = $1', '{}'),
    ('costs', 'pipeline_internal.user_costs', $q$concat_ws(' ', t.month, t.purpose)$q$, 't.user_id = $1', '{}'),
    ('budgets', 'pipeline_internal.user_budgets', $q$'budget'$q$, 't.user_id = $1', '{}'),
    ('reservations', 'pipeline_internal.reservations', 't.job_id::text', 't.user_id = $1', '{}'),
    ('idempotency_keys', 'pipeline_internal.idempotency_keys', 't.key', 't.user_id = $1', '{}'),
    -- The source of the vector is not stored, and the numbers alone mean nothing.
    ('questions', 'pipeline_internal.question_vectors', $q$concat_ws(' ', t.model, t.key)$q$, 't.user_id = $1',
     '{embedding}'),
    ('support_access', 'pipeline_internal.support_access', $q$'support_access'$q$, 't.user_id = $1', '{}'),
    ('live_events', 'upload_pipeline.live_events', $q$lpad(t.event_no::text, 20, '0')$q$, 't.user_id = $1', '{}'),
    ('rate_limits', 'pipeline_internal.rate_limits', 't.key',
     $q$t.key in ('requests:' || $1, 'uploads:' || $1, 'pages:' || $1, 'wrong-passwords:' || $1)
        or t.key like 'polls:' || $1 || ':%'$q$,
     '{}'),
    ('webhooks', 'pipeline_internal.outbox', $q$lpad(t.delivery_no::text, 20, '0')$q$, 't.user_id = $1',
     '{endpoint_id,last_error}'),
    -- A table of Auth: only these columns, which contain no secrets.
    ('sessions', '(select s.id, s.user_id, s.created_at, s.refreshed_at, s.user_agent, s.ip from auth.sessions s)',
     't.id::text', 't.user_id = $1', '{}')
$_$;
COMMENT ON FUNCTION pipeline_internal.exported_tables() IS 'The tables that an export contains as they are: the name, the sort key, the condition for a user''s rows ($1), and the columns that are left out.';
REVOKE ALL ON FUNCTION pipeline_internal.exported_tables() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.extend_key(p_user_id uuid, p_key text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update pipeline_internal.idempotency_keys set claimed_until = pipeline_internal.claim_expiry()
  where user_id = p_user_id and key = p_key and answer is null
$$;
COMMENT ON FUNCTION pipeline_internal.extend_key(p_user_id uuid, p_key text) IS 'Extends the claim of a request that is still running.';
REVOKE ALL ON FUNCTION pipeline_internal.extend_key(p_user_id uuid, p_key text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.extend_leases(p_stage text, p_msg_ids bigint[], p_read_cts integer[], p_run_id uuid DEFAULT NULL::uuid) RETURNS SETOF bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_lease_seconds real;
  v_held bigint[];
begin
  select lease_seconds into strict v_lease_seconds from pipeline_internal.stages where stage = p_stage;
  update pipeline_internal.worker_runs set heartbeat_at = clock_timestamp() where run_id = p_run_id;
  v_held := array(
    select q.msg_id from pipeline_internal.lock_messages(p_stage, p_msg_ids) q
    join unnest(p_msg_ids, p_read_cts) l (msg_id, read_ct) using (msg_id, read_ct));
  -- A statement of its own, to see the settlements that the lock has waited for: a message that one postponed keeps its
  -- time. The jobs are only read, so that extending leases waits for nothing but messages.
  v_held := array(
    select j.message_id from upload_pipeline.upload_jobs j
    where j.stage = p_stage and j.message_id = any (v_held) and j.state = 'working');
  return query
    select pipeline_internal.postpone_messages(
      p_stage, v_held, clock_timestamp() + make_interval(secs => v_lease_seconds));
end $$;
COMMENT ON FUNCTION pipeline_internal.extend_leases(p_stage text, p_msg_ids bigint[], p_read_cts integer[], p_run_id uuid) IS 'Extends the leases that are still held and returns their message ids; the others are lost.';
REVOKE ALL ON FUNCTION pipeline_internal.extend_leases(p_stage text, p_msg_ids bigint[], p_read_cts integer[], p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.file_extension(p_mime text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO ''
    AS $$
begin
  return coalesce((select extension from pipeline_internal.file_types where mime = p_mime), 'bin');
end $$;
COMMENT ON FUNCTION pipeline_internal.file_extension(p_mime text) IS 'The extension under which a file is stored; it depends on the type, never on the name that the user gave.';
REVOKE ALL ON FUNCTION pipeline_internal.file_extension(p_mime text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.finish_restore() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.create_queues();
  perform pipeline_internal.requeue(j.job_id)
  from upload_pipeline.upload_jobs j join pipeline_internal.stages s using (stage);
  update pipeline_internal.worker_runs set ended_at = clock_timestamp(), ended_by = 'lost' where ended_at is null;
  perform pipeline_internal.pause_stage(stage, 'a restore is under way')
  from pipeline_internal.stages where paused_at is null;
  -- Some files may have types that are no longer allowed.
  update storage.buckets set allowed_mime_types = null where id = 'files';
end $$;
COMMENT ON FUNCTION pipeline_internal.finish_restore() IS 'Ends the load, in the same transaction: sends a new message for every waiting job, ends the runs of the lost database, pauses the stages until the files are there, and lets the bucket accept all types.';
REVOKE ALL ON FUNCTION pipeline_internal.finish_restore() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.forbid_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.forbid_change() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.forget_live_events() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  delete from upload_pipeline.live_events where user_id = old.id;
  if has_table_privilege(to_regclass('realtime.messages'), 'delete') then
    execute 'delete from realtime.messages where topic = $1 and private and extension = $2'
    using 'user:' || old.id, 'broadcast';
  end if;
  return null;
end $_$;
COMMENT ON FUNCTION pipeline_internal.forget_live_events() IS 'Removes the messages to a deleted user, and their numbers. Where the database''s owner may not delete Realtime''s messages, they go with its daily partitions, after three days. Runs as its owner: Auth, which deletes, has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.forget_live_events() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.free_user_slots(p_user_id uuid) RETURNS integer
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_behind_open_circuit text[] := pipeline_internal.stages_behind_open_circuit();
begin
  return (
    select greatest(0, least(
      l.active_documents_per_user - (work.count - work.behind_open_circuit_count),
      3 * l.active_documents_per_user - work.count))::int
    from pipeline_internal.limits l
    cross join lateral (
      select count(*) as count,
             count(*) filter (where j.stage = any (v_behind_open_circuit)) as behind_open_circuit_count
      from upload_pipeline.upload_jobs j
      where j.user_id = p_user_id and j.message_id is not null
    ) work);
end $$;
COMMENT ON FUNCTION pipeline_internal.free_user_slots(p_user_id uuid) IS 'How many more of a user''s documents may become active. Documents behind an open circuit take no slot, up to three times as many active documents as slots.';
REVOKE ALL ON FUNCTION pipeline_internal.free_user_slots(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.has_due_cleanup() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from pipeline_internal.file_cleanups)
      or exists (select from pipeline_internal.parse_cancellations where due_at <= clock_timestamp())
$$;
COMMENT ON FUNCTION pipeline_internal.has_due_cleanup() IS 'Whether the worker has a cleanup to do.';
REVOKE ALL ON FUNCTION pipeline_internal.has_due_cleanup() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.has_due_notifications() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
    where o.due_at <= clock_timestamp() and o.delivered_at is null and o.given_up_at is null and e.is_enabled)
$$;
REVOKE ALL ON FUNCTION pipeline_internal.has_due_notifications() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.has_due_suspect(p_stage text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select pipeline_internal.may_claim(p_stage)
     and exists (select from pipeline_internal.due_suspects() s where s.stage = p_stage)
$$;
REVOKE ALL ON FUNCTION pipeline_internal.has_due_suspect(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.has_pending_call(p_call text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return exists (select from net.http_request_queue q where q.url like '%/worker/' || p_call);
end $$;
COMMENT ON FUNCTION pipeline_internal.has_pending_call(p_call text) IS 'Whether a call of this route (without a query string) waits in pg_net behind calls that are not answered yet.';
REVOKE ALL ON FUNCTION pipeline_internal.has_pending_call(p_call text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.has_work(p_stage text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return exists (select from pipeline_internal.due_message(p_stage)) and pipeline_internal.may_claim(p_stage);
end $$;
COMMENT ON FUNCTION pipeline_internal.has_work(p_stage text) IS 'Whether a message is due that a worker may claim.';
REVOKE ALL ON FUNCTION pipeline_internal.has_work(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.headings(p_context text, p_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
begin
  -- Markdown headings within the text describe it as well as the headings above it.
  return concat_ws(
    e'\n', p_context,
    (select string_agg(m.heading[1], e'\n') from regexp_matches(p_text, '^#{1,6} +(.+)$', 'gn') m (heading)));
end $_$;
COMMENT ON FUNCTION pipeline_internal.headings(p_context text, p_text text) IS 'The headings above a chunk''s text, and those within it.';
REVOKE ALL ON FUNCTION pipeline_internal.headings(p_context text, p_text text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.health_summary(OUT oldest_message_seconds double precision, OUT waiting_messages bigint, OUT dead_letter_jobs bigint, OUT open_circuits text[], OUT migration text) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_now timestamptz := clock_timestamp();
begin
  -- Only due messages count: a message that waits by intent (backoff, poll) is no sign of a problem. Each queue's index
  -- yields the oldest first, and the scan stops at 1,000, so the cost does not depend on the backlog.
  select coalesce(extract(epoch from v_now - min(due.vt)), 0)::double precision, count(*)
  into oldest_message_seconds, waiting_messages
  from (
    (select vt from pgmq.q_parse where vt <= v_now order by vt limit 1000)
    union all (select vt from pgmq.q_fetch_result where vt <= v_now order by vt limit 1000)
    union all (select vt from pgmq.q_chunk where vt <= v_now order by vt limit 1000)
    union all (select vt from pgmq.q_embed where vt <= v_now order by vt limit 1000)
  ) due;
  dead_letter_jobs := (
    select count(*) from (select from upload_pipeline.upload_jobs where state = 'deadletter' limit 1000) given_up);
  open_circuits := array(select provider from pipeline_internal.providers where opened_at is not null order by 1);
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    migration := (select max(version) from supabase_migrations.schema_migrations);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.health_summary(OUT oldest_message_seconds double precision, OUT waiting_messages bigint, OUT dead_letter_jobs bigint, OUT open_circuits text[], OUT migration text) IS 'What the health route reports: the age of the oldest due message, the number of due messages and of dead letters, open circuits, and the schema''s version. Counts stop at 1,000, for each queue and for the dead letter.';
REVOKE ALL ON FUNCTION pipeline_internal.health_summary(OUT oldest_message_seconds double precision, OUT waiting_messages bigint, OUT dead_letter_jobs bigint, OUT open_circuits text[], OUT migration text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.histogram_samples(p_name text, p_series jsonb[]) RETURNS TABLE(name text, labels jsonb, value double precision)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with bounds as (
    select bound, bound::text as le from unnest(pipeline_internal.duration_bounds()) bound
    union all select 'Infinity', '+Inf'
  ), buckets as (
    select series, le, bound, sum(coalesce(c.value, 0)) over (partition by series order by bound) as up_to
    from unnest(p_series) series
    cross join bounds
    left join pipeline_internal.counters c
      on c.name = p_name || '_bucket' and c.labels = series || jsonb_build_object('le', le)
  )
  select p_name || '_bucket', series || jsonb_build_object('le', le), up_to from buckets
  union all
  select p_name || '_count', series, up_to from buckets where le = '+Inf'
  union all
  select p_name || '_sum', series, coalesce(c.value, 0)
  from unnest(p_series) series
  left join pipeline_internal.counters c on c.name = p_name || '_sum' and c.labels = series
$$;
COMMENT ON FUNCTION pipeline_internal.histogram_samples(p_name text, p_series jsonb[]) IS 'The samples of a histogram, with cumulative buckets. p_series: the label sets.';
REVOKE ALL ON FUNCTION pipeline_internal.histogram_samples(p_name text, p_series jsonb[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.is_final(p_job upload_pipeline.upload_jobs, p_ocr boolean DEFAULT NULL::boolean, p_has_bytes boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_code text := p_job.last_error ->> 'code';
begin
  return pipeline_internal.error_class(v_code) = 'document'
    -- The client announces and sends other bytes, or another type.
    and not (p_has_bytes and v_code in ('NOT_A_PDF', 'SHA256_MISMATCH', 'SIZE_MISMATCH', 'TYPE_MISMATCH'))
    -- A scan whose text only OCR finds.
    and not (coalesce(p_ocr, false) and not p_job.ocr and v_code in ('EMPTY_DOCUMENT', 'NO_DATA_FOUND_IN_FILE'));
end $$;
COMMENT ON FUNCTION pipeline_internal.is_final(p_job upload_pipeline.upload_jobs, p_ocr boolean, p_has_bytes boolean) IS 'Whether a rejected job would fail again, at the cost of its owner or the project: its last error has the class document, and the request changes nothing about it. p_ocr: whether the request asks for OCR; p_has_bytes: whether it sends bytes again.';
REVOKE ALL ON FUNCTION pipeline_internal.is_final(p_job upload_pipeline.upload_jobs, p_ocr boolean, p_has_bytes boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.is_isolation_taken(p_run_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from pipeline_internal.worker_runs r
    where r.is_alone and r.ended_at is null and r.run_id is distinct from p_run_id
      and case when r.started_at is not null then r.heartbeat_at > clock_timestamp() - interval '30 seconds'
               -- A run that begins takes precedence over a run that was only called.
               else p_run_id is null and (
                 r.called_at > clock_timestamp() - interval '5 seconds'
                 or exists (select from net.http_request_queue q where q.id = r.request_id)) end)
$$;
COMMENT ON FUNCTION pipeline_internal.is_isolation_taken(p_run_id uuid) IS 'Whether another run tries suspects, or was called to.';
REVOKE ALL ON FUNCTION pipeline_internal.is_isolation_taken(p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.is_older(p_at timestamp with time zone, p_category text, p_least_days real DEFAULT 0) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select p_at < clock_timestamp() - make_interval(secs => 86400 * greatest(r.days, p_least_days))
    from pipeline_internal.retention r where r.category = p_category);
end $$;
COMMENT ON FUNCTION pipeline_internal.is_older(p_at timestamp with time zone, p_category text, p_least_days real) IS 'Whether an instant is older than pipeline_internal.retention allows for a category, and older than p_least_days. Null if retention has no such category.';
REVOKE ALL ON FUNCTION pipeline_internal.is_older(p_at timestamp with time zone, p_category text, p_least_days real) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.is_restoring() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from pipeline_internal.stages where paused_because = 'a restore is under way')
$$;
COMMENT ON FUNCTION pipeline_internal.is_restoring() IS 'Whether the rows of a backup are loaded and its files are not.';
REVOKE ALL ON FUNCTION pipeline_internal.is_restoring() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.isolation_hiding() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$ select interval '1 day' $$;
COMMENT ON FUNCTION pipeline_internal.isolation_hiding() IS 'How much longer than its backoff a suspect''s message is hidden from claim. claim hides it for as long again if it reads it.';
REVOKE ALL ON FUNCTION pipeline_internal.isolation_hiding() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.job_costs(p_job_ids uuid[]) RETURNS TABLE(job_id uuid, cost_cents numeric)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select id, round(coalesce(sum(c.cents), 0), 4)
  from unnest(p_job_ids) id
  left join pipeline_internal.charges c on c.job_id = id
  group by id
$$;
COMMENT ON FUNCTION pipeline_internal.job_costs(p_job_ids uuid[]) IS 'The charges of each job so far, in US cents, over all attempts of its life.';
REVOKE ALL ON FUNCTION pipeline_internal.job_costs(p_job_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.keep_chunks(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_first_ord int := coalesce(p_output.first_ord, 0);
  v_document upload_pipeline.documents;
  v_config regconfig;
  v_filename_words tsvector;
begin
  update upload_pipeline.documents
  set language = coalesce(p_output.language, language), updated_at = clock_timestamp()
  where document_id = p_job.document_id
  returning * into strict v_document;
  v_config := pipeline_words.config(v_document.language);
  v_filename_words := pipeline_words.vector(v_config, v_document.filename);
  -- An earlier attempt at this portion, or an earlier version, may have left chunks from here on.
  delete from pipeline_internal.pending_chunks
  where document_id = p_job.document_id and ord >= v_first_ord;
  delete from pipeline_internal.pending_vectors
  where document_id = p_job.document_id and embed_model is distinct from p_output.embed_model;

  with given as (
    select c.*, encode(extensions.digest(pipeline_internal.embedded_text(c.context, c.text), 'sha256'),
           'hex') as chunk_sha,
           pipeline_internal.headings(c.context, c.text) as headings
    from (
      select g.ord, g.page_from, g.page_to, coalesce(g.page_offsets, '{}') as page_offsets,
             coalesce(g.heading_path, '{}') as heading_path, coalesce(g.context, '') as context, g.text, g.tokens
      from unnest(p_output.chunks) g
    ) c
  ), headed as materialized (
    -- Once for all chunks under the same headings.
    select h.headings, pipeline_words.vector(v_config, h.headings) as words
    from (select distinct g.headings from given g) h
  ), earlier as (
    select c.chunk_sha, count(*) as count from pipeline_internal.pending_chunks c
    where c.document_id = p_job.document_id and c.ord < v_first_ord
    group by c.chunk_sha
  ), counted as (
    select g.*, row_number() over (partition by g.chunk_sha order by g.ord) - 1 + coalesce(e.count, 0) as n
    from given g left join earlier e using (chunk_sha)
  )
  insert into pipeline_internal.pending_chunks (
    document_id, ord, chunk_id, user_id, chunker_name, chunker_version, page_from, page_to, page_offsets,
    heading_path, text,
    context, chunk_sha, token_count, search_text)
  select p_job.document_id, c.ord,
         pipeline_internal.chunk_id(p_job.document_id, p_output.chunker_name, p_output.chunker_version, c.chunk_sha,
         c.n::int),
         p_job.user_id, p_output.chunker_name, p_output.chunker_version, c.page_from, c.page_to, c.page_offsets,
         c.heading_path, c.text,
         c.context, c.chunk_sha, c.tokens,
         pipeline_internal.search_text(h.words, pipeline_words.vector(v_config, c.text), v_filename_words)
  from counted c join headed h using (headings);

  -- The vectors that this user has paid for serve all their documents, whichever chunker made the text.
  insert into pipeline_internal.pending_vectors (document_id, chunk_sha, user_id, embed_model, embedding, embedded_at)
  select p_job.document_id, c.chunk_sha, p_job.user_id, p_output.embed_model, known.embedding, known.embedded_at
  from (
    select distinct n.chunk_sha from pipeline_internal.pending_chunks n
    where n.document_id = p_job.document_id and n.ord >= v_first_ord
  ) c
  cross join lateral (
    select k.embedding, k.embedded_at
    from upload_pipeline.document_chunks k
    where k.user_id = p_job.user_id and k.chunk_sha = c.chunk_sha and k.embed_model = p_output.embed_model
    union all
    select k.embedding, k.embedded_at
    from pipeline_internal.pending_vectors k
    where k.user_id = p_job.user_id and k.chunk_sha = c.chunk_sha and k.embed_model = p_output.embed_model
    limit 1
  ) known
  -- The document's own pending vectors.
  on conflict (document_id, chunk_sha) do nothing;
end $$;
COMMENT ON FUNCTION pipeline_internal.keep_chunks(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output) IS 'Keeps a portion of a document''s pending chunks, with the vectors that this user has paid for and whose chunks embed the same text.';
REVOKE ALL ON FUNCTION pipeline_internal.keep_chunks(p_job upload_pipeline.upload_jobs, p_output pipeline_internal.chunk_output) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.keep_complete(p_job upload_pipeline.upload_jobs, p_code text, p_message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- The pending vectors stay: they are paid for, and may serve the next version.
  delete from pipeline_internal.pending_chunks where document_id = p_job.document_id;
  update upload_pipeline.upload_jobs
  set status = 'complete', state = 'done', stage = null, message_id = null, user_queued_at = null,
      next_attempt_at = null,
      waiting_for = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'warning', 'complete', p_code, p_message))
  where job_id = p_job.job_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.keep_complete(p_job upload_pipeline.upload_jobs, p_code text, p_message text) IS 'A document that failed to be parsed once more stays complete with its present chunks, and with the error as its last error and as an event.';
REVOKE ALL ON FUNCTION pipeline_internal.keep_complete(p_job upload_pipeline.upload_jobs, p_code text, p_message text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.keep_original(p_job upload_pipeline.upload_jobs, p_mime text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update upload_pipeline.documents
  set mime = coalesce(p_mime, mime), verified_at = coalesce(verified_at, clock_timestamp()),
      updated_at = clock_timestamp()
  where document_id = p_job.document_id and (verified_at is null or mime <> p_mime);
  if found then
    perform pipeline_internal.remove_late_upload(p_job.document_id);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.keep_original(p_job upload_pipeline.upload_jobs, p_mime text) IS 'Records that the file at original_path is what was announced, of this type (null: the announced type). From then on its owner can download it. The caller holds the fence.';
REVOKE ALL ON FUNCTION pipeline_internal.keep_original(p_job upload_pipeline.upload_jobs, p_mime text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.keep_vectors(p_job upload_pipeline.upload_jobs, p_model text, p_chunk_ids uuid[], p_vectors text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_nestloop TO 'off'
    AS $$
begin
  insert into pipeline_internal.pending_vectors as n (document_id, chunk_sha, user_id, embed_model, embedding,
    embedded_at)
  select distinct on (c.chunk_sha)
         p_job.document_id, c.chunk_sha, p_job.user_id, p_model, v.vector::extensions.halfvec(1536), clock_timestamp()
  from unnest(p_chunk_ids, p_vectors) with ordinality v (chunk_id, vector, place)
  join pipeline_internal.pending_chunks c on c.document_id = p_job.document_id and c.chunk_id = v.chunk_id
  order by c.chunk_sha, v.place
  on conflict (document_id, chunk_sha) do update
    set embed_model = excluded.embed_model, embedding = excluded.embedding, embedded_at = excluded.embedded_at
    where n.embed_model <> excluded.embed_model;
end $$;
COMMENT ON FUNCTION pipeline_internal.keep_vectors(p_job upload_pipeline.upload_jobs, p_model text, p_chunk_ids uuid[], p_vectors text[]) IS 'Keeps vectors of these pending chunks of a document. A vector that exists stays, unless another model made it.';
REVOKE ALL ON FUNCTION pipeline_internal.keep_vectors(p_job upload_pipeline.upload_jobs, p_model text, p_chunk_ids uuid[], p_vectors text[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lacks_consent(p_user_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return exists (
    select from pipeline_internal.limits l
    where l.required_consent_version is not null and not exists (
      select from pipeline_internal.consents c
      where c.user_id = p_user_id and c.consent_version = l.required_consent_version));
end $$;
COMMENT ON FUNCTION pipeline_internal.lacks_consent(p_user_id uuid) IS 'Whether the user must still agree to the required version of the terms.';
REVOKE ALL ON FUNCTION pipeline_internal.lacks_consent(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.leave_stage(p_stage text, p_settled pipeline_internal.settled[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_group record;
begin
  for v_group in
    select s.next_stage, array_agg((s.job).job_id) as job_ids, array_agg((s.job).message_id) as msg_ids,
           array_agg(s.delay_seconds) as delays
    from unnest(p_settled) s where s.leaves_stage
    group by s.next_stage order by s.next_stage
  loop
    perform pipeline_internal.delete_messages(p_stage, v_group.msg_ids);
    if v_group.next_stage is null then
      perform pipeline_internal.complete_jobs(v_group.job_ids);
    else
      perform pipeline_internal.enqueue(v_group.job_ids, v_group.next_stage, v_group.delays);
    end if;
  end loop;
end $$;
COMMENT ON FUNCTION pipeline_internal.leave_stage(p_stage text, p_settled pipeline_internal.settled[]) IS 'Moves the jobs that leave the stage to their next stages, or completes them.';
REVOKE ALL ON FUNCTION pipeline_internal.leave_stage(p_stage text, p_settled pipeline_internal.settled[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.live_payload(p_moves jsonb[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  -- Realtime drops a longer message; the limit of its smallest plan is 256 KB.
  v_max_length constant int := 200000;
  v_payload jsonb := p_moves[1];
  v_more jsonb;
  v_is_complete boolean := true;
begin
  -- A small one needs no check of its length as text.
  if cardinality(p_moves) = 1 and pg_column_size(p_moves) < 20000 then return v_payload; end if;
  if octet_length(v_payload::text) > v_max_length then
    v_payload := v_payload - '{warnings,last_error}'::text[];
    v_is_complete := false;
  end if;
  if cardinality(p_moves) > 1 then
    select coalesce(jsonb_agg(m.move order by m.place) filter (where m.is_kept), '[]'),
           v_is_complete and bool_and(m.is_kept)
      into v_more, v_is_complete
    from (
      select t.move, t.place,
             sum(octet_length(t.move::text) + 2) over (order by t.place)
               <= v_max_length - octet_length(v_payload::text) as is_kept
      from unnest(p_moves[2:]) with ordinality t (move, place)
    ) m;
    v_payload := v_payload || jsonb_build_object('more', v_more);
  end if;
  return case when v_is_complete then v_payload else v_payload || '{"incomplete": true}' end;
end $$;
COMMENT ON FUNCTION pipeline_internal.live_payload(p_moves jsonb[]) IS 'One message of several moves: the first one''s, and the others in `more`. A message that would be too long leaves out the last moves, or the warnings and the error of the first, and says `incomplete`: the client then reads the documents of this number again.';
REVOKE ALL ON FUNCTION pipeline_internal.live_payload(p_moves jsonb[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.live_report(OUT is_on boolean, OUT has_realtime boolean, OUT has_policies boolean, OUT unsent_count bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  is_on := (select l.live_status from pipeline_internal.limits l);
  has_realtime := to_regprocedure('realtime.send(jsonb,text,text,boolean)') is not null;
  has_policies := (
    select count(*) = 3 from pg_catalog.pg_policy
    where polrelid = to_regclass('realtime.messages') and polname like 'pipeline: %');
  unsent_count := (
    select count(*) from upload_pipeline.live_events
    where not is_sent and created_at > clock_timestamp() - interval '1 day');
end $$;
COMMENT ON FUNCTION pipeline_internal.live_report(OUT is_on boolean, OUT has_realtime boolean, OUT has_policies boolean, OUT unsent_count bigint) IS 'What the doctor says about live status: the switch, whether Realtime is there, whether its policies are, and how many messages of the last day it did not store.';
REVOKE ALL ON FUNCTION pipeline_internal.live_report(OUT is_on boolean, OUT has_realtime boolean, OUT has_policies boolean, OUT unsent_count bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_attempts(p_leases pipeline_internal.lease[]) RETURNS SETOF upload_pipeline.upload_jobs
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_stage text := (p_leases[1]).stage;
  v_held bigint[] := array(
    select q.msg_id
    from pipeline_internal.lock_messages(v_stage, array(select l.msg_id from unnest(p_leases) l)) q
    join unnest(p_leases) l using (msg_id, read_ct));
begin
  return query
    select * from upload_pipeline.upload_jobs j
    where j.stage = v_stage and j.message_id = any (v_held) and j.state = 'working'
    order by j.message_id
    for update;
end $$;
COMMENT ON FUNCTION pipeline_internal.lock_attempts(p_leases pipeline_internal.lease[]) IS 'The fence. Locks the messages of these leases, all of one stage, then locks and returns the jobs whose leases are still held. The caller must change nothing for the others.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_attempts(p_leases pipeline_internal.lease[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_capacity(p_stage pipeline_internal.stages, p_count integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_provider pipeline_internal.providers;
begin
  if p_stage.paused_at is not null then return 0; end if;
  select * into v_provider from pipeline_internal.providers where provider = p_stage.provider;
  if p_stage.provider is null or (v_provider.opened_at is null and p_stage.requests_per_message = 0) then
    return p_count;
  end if;

  select * into v_provider from pipeline_internal.providers where provider = p_stage.provider for update;
  if v_provider.opened_at is not null then
    if v_provider.probe_at > clock_timestamp() then return 0; end if;
    p_count := least(p_count, 1);
  end if;
  if p_stage.requests_per_message > 0 then
    v_provider := pipeline_internal.refilled(v_provider);
    p_count := least(p_count, greatest(0, floor(v_provider.request_level / p_stage.requests_per_message)::int));
  end if;
  return p_count;
end $$;
COMMENT ON FUNCTION pipeline_internal.lock_capacity(p_stage pipeline_internal.stages, p_count integer) IS 'How many messages may be claimed: none while the stage is paused or the circuit is open, one if a probe is due, else what the request bucket holds. Locks the provider until the transaction ends, so that consume_tokens finds this capacity.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_capacity(p_stage pipeline_internal.stages, p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_files(p_document_id uuid, p_nowait boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_lock bigint := hashtextextended('pipeline_internal.files:' || p_document_id, 0);
begin
  if p_nowait then return pg_try_advisory_xact_lock(v_lock); end if;
  perform pg_advisory_xact_lock(v_lock);
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.lock_files(p_document_id uuid, p_nowait boolean) IS 'Serializes the creation and deletion of a document and the arrival of its files. False: another transaction holds the lock, and p_nowait is true.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_files(p_document_id uuid, p_nowait boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_isolation(p_nowait boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_lock bigint := hashtextextended('pipeline_internal.isolation', 0);
begin
  if p_nowait then return pg_try_advisory_xact_lock(v_lock); end if;
  perform pg_advisory_xact_lock(v_lock);
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.lock_isolation(p_nowait boolean) IS 'Serialises the beginning and end of the run that tries suspects. A transaction that holds other locks must not wait for it. False: p_nowait, and another transaction holds it.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_isolation(p_nowait boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_messages(p_stage text, p_msg_ids bigint[]) RETURNS TABLE(msg_id bigint, read_ct integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_parse q where q.msg_id = any ($2) order by q.msg_id for update;
    when 'fetch_result' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_fetch_result q where q.msg_id = any ($2) order by q.msg_id for update;
    when 'chunk' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_chunk q where q.msg_id = any ($2) order by q.msg_id for update;
    when 'embed' then
      return query
        select q.msg_id, q.read_ct from pgmq.q_embed q where q.msg_id = any ($2) order by q.msg_id for update;
    else
      return query execute format('
        select q.msg_id, q.read_ct from pgmq.%1$I q where q.msg_id = any ($2) order by q.msg_id for update', 'q_' || p_stage)
      using $1, $2;
  end case;
end $_$;
COMMENT ON FUNCTION pipeline_internal.lock_messages(p_stage text, p_msg_ids bigint[]) IS 'Locks messages in the order of their ids and returns how often each was read. Leaves out deleted messages.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_messages(p_stage text, p_msg_ids bigint[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_sign_ins(p_user_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.pending_sign_ins:' || p_user_id, 0));
end $$;
COMMENT ON FUNCTION pipeline_internal.lock_sign_ins(p_user_id uuid) IS 'Until the end of the transaction, no other transaction can mark or end a pending sign-in of this account.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_sign_ins(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_user_if_exists(p_user_id uuid) RETURNS uuid
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select u.id from auth.users u where u.id = p_user_id for key share skip locked
$$;
COMMENT ON FUNCTION pipeline_internal.lock_user_if_exists(p_user_id uuid) IS 'Locks the user until this transaction ends and returns the id; null if the user does not exist or is being deleted, because waiting for that deletion could deadlock.';
REVOKE ALL ON FUNCTION pipeline_internal.lock_user_if_exists(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lock_user_queue(p_user_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.user_queue:' || p_user_id, 0));
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.lock_user_queue(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.lose_attempt(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_is_explained boolean := coalesce(p_job.claimed_at < pipeline_internal.database_started_at(), false);
  v_message text := case
    when v_is_explained then 'the database was restarted while a worker processed it; it will be tried again'
    when p_job.is_isolated then 'the worker that processed only this document stopped unexpectedly; it will be tried '
      'again'
    else 'the worker that processed it stopped unexpectedly; it will be tried again' end;
  v_delay double precision;
  v_reference uuid;
begin
  p_job.lost_count := p_job.lost_count + 1;
  p_job.unexplained_count := p_job.unexplained_count + (not v_is_explained)::int;
  p_job.is_isolated := p_job.is_isolated or p_job.unexplained_count >= p_stage.isolate_after;
  update upload_pipeline.upload_jobs
  set lost_count = p_job.lost_count, unexplained_count = p_job.unexplained_count, is_isolated = p_job.is_isolated,
      attempt_count = greatest(attempt_count - 1, 0)
  where job_id = p_job.job_id;

  if p_job.unexplained_count >= p_stage.isolate_after + p_stage.max_lost_alone then
    perform pipeline_internal.reject(p_job, 'WORKER_KILLED', format(
      'the workers that processed only this document stopped unexpectedly, %s times; it needs more memory or time '
      'than there is: save it again, or upload it in smaller parts', p_stage.max_lost_alone));
    return true;
  elsif p_job.lost_count >= p_stage.max_lost then
    perform pipeline_internal.reject(p_job, 'ATTEMPTS_EXHAUSTED', format(
      'processing was interrupted %s times, and not by the document alone; try it again later', p_job.lost_count));
    return true;
  end if;

  v_delay := least(p_stage.lost_cap_seconds, p_stage.backoff_base_seconds * power(2, least(p_job.lost_count - 1, 30)))
    * (1 + p_stage.jitter * (2 * random() - 1));
  perform pipeline_internal.postpone(p_job, v_delay, 'retryable');
  v_reference := pipeline_internal.record_error(p_job, 'retry', p_job.status, 'WORKER_LOST', v_message);
  update upload_pipeline.upload_jobs
  set waiting_for = 'WORKER_LOST',
      last_error = jsonb_build_object(
        'code', 'WORKER_LOST', 'message', v_message, 'stage', p_job.stage, 'reference', v_reference)
  where job_id = p_job.job_id;
  return false;
end $$;
COMMENT ON FUNCTION pipeline_internal.lose_attempt(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs) IS 'The attempt''s worker died or lost the lease. Counts the loss instead of the attempt and schedules the job after a pause that doubles up to the stage''s lost_cap_seconds; alone, once isolate_after losses have no other explanation. True: the job was rejected, since max_lost_alone workers died that had only this document (WORKER_KILLED), or after max_lost losses of any kind. The caller has read the message.';
REVOKE ALL ON FUNCTION pipeline_internal.lose_attempt(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.may_claim(p_stage text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select s.paused_at is null and (s.provider is null or (
      (p.opened_at is null or p.probe_at <= clock_timestamp())
      and (s.requests_per_message = 0 or (pipeline_internal.refilled(p)).request_level >= s.requests_per_message)))
    from pipeline_internal.stages s
    left join pipeline_internal.providers p on p.provider = s.provider
    where s.stage = p_stage);
end $$;
COMMENT ON FUNCTION pipeline_internal.may_claim(p_stage text) IS 'Whether a message may be claimed now: the stage is not paused, its provider''s circuit is closed or due for a probe, and its request bucket holds enough. Reserves nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.may_claim(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.messages_of(p_user_id uuid) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select array(
    select j.stage || '/' || j.message_id from upload_pipeline.upload_jobs j
    where j.user_id = p_user_id and j.message_id is not null order by 1)
$$;
REVOKE ALL ON FUNCTION pipeline_internal.messages_of(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.metric_delta(p_name text, p_window interval) RETURNS TABLE(labels jsonb, value double precision)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- A new series began at zero.
  select labels, n.value - coalesce(o.value, 0)
  from pipeline_internal.metric_snapshot(p_name) n
  left join pipeline_internal.metric_snapshot(p_name, p_window) o using (labels)
$$;
COMMENT ON FUNCTION pipeline_internal.metric_delta(p_name text, p_window interval) IS 'The change of each series of a metric: `increase` of a counter, `delta` of a gauge.';
REVOKE ALL ON FUNCTION pipeline_internal.metric_delta(p_name text, p_window interval) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.metric_quantile(p_name text, p_quantile double precision, p_label text, p_window interval) RETURNS TABLE(subject text, value double precision)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with buckets as (
    select labels ->> p_label as subject, replace(labels ->> 'le', '+Inf', 'Infinity')::double precision as bound,
           sum(value) as up_to
    from pipeline_internal.metric_delta(p_name || '_bucket', p_window)
    group by 1, 2
  ), spans as (
    select *, lag(bound, 1, 0) over life as above, lag(up_to, 1, 0) over life as before,
           p_quantile * max(up_to) over (partition by subject) as rank
    from buckets
    window life as (partition by subject order by bound)
  )
  select distinct on (subject) subject,
         case when bound = 'Infinity' then above else above + (bound - above) * (rank - before) / (up_to - before) end
  from spans
  where up_to >= rank and up_to > before
  order by subject, bound
$$;
COMMENT ON FUNCTION pipeline_internal.metric_quantile(p_name text, p_quantile double precision, p_label text, p_window interval) IS '`histogram_quantile` of the observations within the window, for each value of a label; no row without observations.';
REVOKE ALL ON FUNCTION pipeline_internal.metric_quantile(p_name text, p_quantile double precision, p_label text, p_window interval) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.metric_samples() RETURNS TABLE(name text, labels jsonb, value double precision)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with jobs as materialized (
    -- One scan of all jobs.
    select status, state, user_queued_at is not null as is_user_queued,
           case when state = 'deadletter' then pipeline_internal.error_class(last_error ->> 'code') end as error_class,
           count(*) as job_count
    from upload_pipeline.upload_jobs
    group by 1, 2, 3, 4
  ), schedules as materialized (
    select * from pipeline_monitoring.schedules
  ), spent as materialized (
    -- The current month, as in budgets.
    select purpose, sum(cents) as cents from pipeline_internal.daily_costs
    where day >= pipeline_internal.budget_month() group by purpose
  ), error_classes as (
    select error_class, jsonb_build_object('error_class', error_class) as labels
    from unnest(array['document', 'provider', 'pipeline']) error_class
  )
  -- A series exists from the start, even at zero: Prometheus sees an increase only after a first value.
  select 'pipeline_documents_total', l.labels, coalesce(c.value, 0)
  from upload_pipeline.statuses s
  cross join lateral (select jsonb_build_object('status', s.status) as labels) l
  left join pipeline_internal.counters c on c.name = 'pipeline_documents_total' and c.labels = l.labels
  union all
  select 'pipeline_failures_total', f.labels, coalesce(c.value, 0)
  from error_classes f
  left join pipeline_internal.counters c on c.name = 'pipeline_failures_total' and c.labels = f.labels
  union all
  select 'pipeline_warnings_total', w.labels, max(w.value)
  from (
    select jsonb_build_object('code', code) as labels, 0 as value
    from unnest(array['PAGES_CUT', 'PAGES_EMPTY', 'PAGES_UNREAD']) code
    union all
    select c.labels, c.value from pipeline_internal.counters c where c.name = 'pipeline_warnings_total') w
  group by w.labels
  union all
  select c.name, c.labels, c.value from pipeline_internal.counters c
  where c.name in ('pipeline_requests_total', 'pipeline_errors_total')
  union all
  select * from pipeline_internal.histogram_samples(
    'pipeline_stage_duration_seconds',
    array(select jsonb_build_object('stage', stage) from pipeline_internal.stages
          union all select '{"stage": "document"}'))
  union all
  select * from pipeline_internal.histogram_samples(
    'pipeline_request_duration_seconds',
    array(select distinct jsonb_build_object('function', c.labels -> 'function')
          from pipeline_internal.counters c where c.name = 'pipeline_request_duration_seconds_sum'))
  union all
  select 'pipeline_events_uncounted', '{}',
         coalesce(pg_sequence_last_value('upload_pipeline.events_event_no_seq'), 0) - r.counted_to
  from pipeline_internal.roll_up r

  union all
  select 'pipeline_jobs', jsonb_build_object('status', j.status, 'state', j.state), sum(job_count)
  from jobs j group by j.status, j.state
  union all
  select 'pipeline_dead_letter_jobs', f.labels, coalesce(sum(j.job_count), 0)
  from error_classes f left join jobs j using (error_class) group by f.labels
  union all
  select 'pipeline_jobs_user_queued', '{}', coalesce(sum(job_count), 0) from jobs where is_user_queued
  union all
  select 'pipeline_messages_lost', '{}', count(*) from pipeline_monitoring.lost_messages()
  union all
  -- A stage whose provider's circuit is open is expected to stand still.
  select 'pipeline_oldest_idle_job_seconds', jsonb_build_object('stage', s.stage),
         coalesce(max(extract(epoch from clock_timestamp() - greatest(j.updated_at, j.next_attempt_at))), 0)
  from pipeline_internal.stages s
  left join pipeline_internal.providers p using (provider)
  left join upload_pipeline.upload_jobs j
    on j.stage = s.stage and j.message_id is not null and p.opened_at is null
    and coalesce(j.next_attempt_at, j.updated_at) < clock_timestamp()
  group by s.stage

  union all
  select m.name, jsonb_build_object('stage', q.stage) || m.labels, m.value
  from pipeline_monitoring.queues q
  cross join lateral (values
    ('pipeline_queue_messages', '{"state": "due"}'::jsonb, q.due_count::numeric),
    ('pipeline_queue_messages', '{"state": "working"}', q.working_count),
    ('pipeline_queue_messages', '{"state": "postponed"}', q.postponed_count),
    ('pipeline_queue_oldest_message_seconds', '{}', q.oldest_due_seconds)) m (name, labels, value)
  union all
  select m.name, jsonb_build_object('stage', s.stage), m.value
  from pipeline_internal.stages s
  cross join lateral (values
    ('pipeline_worker_runs', (
      select count(*) from pipeline_internal.live_runs r where r.stage = s.stage and r.started_at is not null)),
    ('pipeline_worker_runs_limit', s.max_invocations::bigint)) m (name, value)

  union all
  select m.name, jsonb_build_object('provider', p.provider), m.value
  from pipeline_monitoring.providers p
  cross join lateral (values
    ('pipeline_provider_circuit_open', p.is_circuit_open::int::numeric),
    ('pipeline_provider_request_capacity_ratio', p.request_capacity_percent / 100),
    ('pipeline_provider_token_capacity_ratio', p.token_capacity_percent / 100)) m (name, value)
  union all
  select 'pipeline_schedule_last_success_age_seconds', jsonb_build_object('schedule', s.schedule),
         s.seconds_since_success
  from schedules s where s.seconds_since_success is not null
  union all
  select 'pipeline_schedule_failures', jsonb_build_object('schedule', s.schedule), s.failures_10min
  from schedules s
  union all
  select m.name, '{}', m.value
  from (
    select count(*) as called, count(*) filter (
             where started_at is null and ended_by is distinct from 'refused'
               and called_at < statement_timestamp() - interval '10 seconds') as unanswered
    from pipeline_internal.worker_runs where called_at > statement_timestamp() - interval '1 hour') r
  cross join lateral (values
    ('pipeline_worker_calls', r.called), ('pipeline_worker_calls_unanswered', r.unanswered)) m (name, value)
  union all
  select 'pipeline_notifications_given_up', jsonb_build_object('endpoint', e.name), count(o.*)
  from pipeline_internal.endpoints e
  left join pipeline_internal.outbox o
    on o.endpoint_id = e.endpoint_id and o.given_up_at > statement_timestamp() - interval '1 hour'
  group by e.name
  union all
  select 'pipeline_failed_sign_ins', jsonb_build_object('scope', f.scope), f.value
  from (
    select coalesce(sum(a.failed), 0) as of_project, coalesce(max(a.failed), 0) as of_account
    from (
      select count(*) as failed from pipeline_internal.audit_log
      where action = 'sign_in_failed' and happened_at > statement_timestamp() - interval '15 minutes'
      group by coalesce(user_id::text, email_digest)) a) s
  cross join lateral (values ('account', s.of_account::numeric), ('project', s.of_project)) f (scope, value)
  union all
  select 'pipeline_database_calls_pending', '{}', count(*) from net.http_request_queue
  union all
  select m.name, '{}', m.value
  from (select max(used_count) as used, max(allowed_count) as allowed from pipeline_monitoring.connections) c
  cross join lateral (values
    ('pipeline_connections', c.used), ('pipeline_connections_limit', c.allowed)) m (name, value)
  union all
  select 'pipeline_month_to_date_cost_cents', jsonb_build_object('purpose', p.purpose), coalesce(s.cents, 0)
  from unnest(array['parse', 'embed', 'search']) p (purpose)
  left join spent s using (purpose)
  union all
  select 'pipeline_monthly_budget_cents', '{}', monthly_budget_cents
  from pipeline_internal.limits where monthly_budget_cents is not null
  union all
  select 'pipeline_database_size_bytes', '{}', pg_database_size(current_database())
$$;
COMMENT ON FUNCTION pipeline_internal.metric_samples() IS 'One row per sample, in the form of Prometheus; api/metrics.ts describes each metric.';
REVOKE ALL ON FUNCTION pipeline_internal.metric_samples() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.metric_snapshot(p_name text, p_age interval DEFAULT '00:00:00'::interval) RETURNS TABLE(labels jsonb, value double precision)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.labels, s.value
  from (
    -- The oldest snapshot, if none is that old.
    select samples from pipeline_internal.metric_snapshots
    order by read_at > clock_timestamp() - p_age,
             case when read_at <= clock_timestamp() - p_age then read_at end desc, read_at
    limit 1
  ) r
  cross join jsonb_to_recordset(r.samples) s (name text, labels jsonb, value double precision)
  where s.name = p_name
$$;
COMMENT ON FUNCTION pipeline_internal.metric_snapshot(p_name text, p_age interval) IS 'The series of a metric now, or p_age ago: `metric` and `metric offset …` of PromQL.';
REVOKE ALL ON FUNCTION pipeline_internal.metric_snapshot(p_name text, p_age interval) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.new_endpoint_secret(p_given text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_secret text := coalesce(p_given, 'whsec_' || encode(extensions.gen_random_bytes(24), 'base64'));
begin
  if v_secret !~ '^whsec_[A-Za-z0-9+/]{32,}={0,2}$' then
    raise exception 'the secret must be whsec_ followed by at least 24 bytes in base64'
      using errcode = 'invalid_parameter_value';
  end if;
  return v_secret;
end $_$;
COMMENT ON FUNCTION pipeline_internal.new_endpoint_secret(p_given text) IS 'The operator''s secret in the form of standardwebhooks.com, or a generated one.';
REVOKE ALL ON FUNCTION pipeline_internal.new_endpoint_secret(p_given text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.new_original_path(p_raw_path text) RETURNS text
    LANGUAGE plpgsql STRICT
    SET search_path TO ''
    AS $_$
begin
  -- A path that was never used before, so that bytes of an earlier upload are never taken for those of the next.
  return regexp_replace(
    p_raw_path, '^(user/[^/]+)/raw/([^.]+)(\.[a-z]+)?$', '\1/original/\2.' || gen_random_uuid() || '\3');
end $_$;
COMMENT ON FUNCTION pipeline_internal.new_original_path(p_raw_path text) IS 'The path to which a worker moves the bytes of the next upload. No upload URL points to it.';
REVOKE ALL ON FUNCTION pipeline_internal.new_original_path(p_raw_path text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.note_move(p_user_id uuid, p_document_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_noted text := current_setting('pipeline.moves', true);
  v_move text := p_user_id || '/' || p_document_id;
begin
  if v_noted <> '' then
    -- Most documents move several times in a row.
    if right(v_noted, 73) <> v_move then
      v_noted := set_config('pipeline.moves', v_noted || ',' || v_move, true);
    end if;
    return false;
  end if;
  v_noted := set_config('pipeline.moves', v_move, true);
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.note_move(p_user_id uuid, p_document_id uuid) IS 'Notes in a setting of the transaction that a document moved; a rollback, also to a savepoint, takes the note back. True: it is the first note, so the transaction has to send at its end.';
REVOKE ALL ON FUNCTION pipeline_internal.note_move(p_user_id uuid, p_document_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.notification_types() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select array[
    'document.completed', 'document.failed', 'document.deleted', 'account.deleted', 'alert.opened', 'alert.closed',
    'audit.recorded']
$$;
COMMENT ON FUNCTION pipeline_internal.notification_types() IS 'The events to which an endpoint can subscribe.';
REVOKE ALL ON FUNCTION pipeline_internal.notification_types() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.notify(p_type text, p_data jsonb, p_text text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_message_id text := 'msg_' || replace(gen_random_uuid()::text, '-', '');
  v_is_called boolean;
  v_count bigint;
begin
  if not exists (select from pipeline_internal.endpoints where is_enabled and p_type = any (events)) then
    return 0;
  end if;

  -- If a notification is due already, its transaction has called the worker, which continues until none is left.
  v_is_called := pipeline_internal.has_due_notifications();
  insert into pipeline_internal.outbox (message_id, endpoint_id, type, user_id, document_id, audit_no, body)
  select v_message_id, e.endpoint_id, p_type, (p_data ->> 'user_id')::uuid, (p_data ->> 'document_id')::uuid,
         (p_data ->> 'audit_no')::bigint,
         case
           when p_data ? 'audit_no' then null
           when e.format = 'slack' then jsonb_build_object('text', p_text)
           else pipeline_internal.envelope(p_type, clock_timestamp(), p_data)
         end::text
  from pipeline_internal.endpoints e
  where e.is_enabled and p_type = any (e.events);
  get diagnostics v_count = row_count;
  if not v_is_called then
    perform pipeline_internal.call_worker('notify');
  end if;
  return v_count;
end $$;
COMMENT ON FUNCTION pipeline_internal.notify(p_type text, p_data jsonb, p_text text) IS 'Writes a notification for every subscribed endpoint; the worker sends it after this transaction commits. p_text: the same for people. Returns the number of endpoints.';
REVOKE ALL ON FUNCTION pipeline_internal.notify(p_type text, p_data jsonb, p_text text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.notify_alert(p_type text, p_alert pipeline_internal.alerts) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select pipeline_internal.notify(
    p_type, jsonb_strip_nulls(to_jsonb(p_alert)),
    case p_type when 'alert.closed' then 'Closed: ' else initcap((p_alert).severity) || ': ' end || (p_alert).summary)
$$;
REVOKE ALL ON FUNCTION pipeline_internal.notify_alert(p_type text, p_alert pipeline_internal.alerts) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.notify_audit_entry() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.notify('audit.recorded', jsonb_build_object('audit_no', new.audit_no), null);
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.notify_audit_entry() IS 'Notifies endpoints that archive the audit log. The entry is read when it is sent, so personal data that was cleared before is not sent.';
REVOKE ALL ON FUNCTION pipeline_internal.notify_audit_entry() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.notify_document_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.withdraw_notifications(p_document_id => old.document_id);
  perform pipeline_internal.notify(
    'document.deleted', jsonb_build_object('document_id', old.document_id, 'user_id', old.user_id),
    format('Document %s was deleted.', old.document_id));
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.notify_document_deleted() IS 'Notifies of the deletion of a document, alone or with its owner''s account, and withdraws earlier notifications about it. Runs as its owner: when an account is deleted, Postgres calls this as Auth.';
REVOKE ALL ON FUNCTION pipeline_internal.notify_document_deleted() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_account_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from pipeline_internal.rate_limits
  where key in ('requests:' || old.id, 'uploads:' || old.id, 'pages:' || old.id, 'wrong-passwords:' || old.id)
    or key like 'polls:' || old.id || ':%';
  perform pipeline_internal.record_audit_entry('account_deleted');
  perform pipeline_internal.withdraw_notifications(p_user_id => old.id);
  perform pipeline_internal.notify(
    'account.deleted', jsonb_build_object('user_id', old.id), format('The account of user %s was deleted.', old.id));
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_account_deleted() IS 'Removes the user''s rate limits, records the deletion and notifies of it. Runs as its owner: Auth, which deletes, has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.on_account_deleted() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_charges_added() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.add_to_costs(array(
    select (a.day, a.purpose, a.model, a.user_id, a.quantity, a.credits, a.cents)::pipeline_internal.cost
    from added a));
  return null;
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.on_charges_added() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_charges_changed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.add_to_costs(array(
    select (day, purpose, model, user_id, sum(quantity), sum(credits), sum(cents))::pipeline_internal.cost
    from (
      select day, purpose, model, user_id, quantity, credits, cents from added
      union all
      select day, purpose, model, user_id, -quantity, -credits, -cents from gone) change
    group by day, purpose, model, user_id));
  return null;
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.on_charges_changed() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_charges_removed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.add_to_costs(array(
    select (day, purpose, model, user_id, -sum(quantity), -sum(credits), -sum(cents))::pipeline_internal.cost
    from gone group by day, purpose, model, user_id));
  return null;
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.on_charges_removed() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_document_created() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_paths text[] := array[new.raw_path, pipeline_internal.parsed_path(new.user_id, new.document_id)];
begin
  new.original_path := coalesce(new.original_path, pipeline_internal.new_original_path(new.raw_path));
  -- The same bytes may come again soon after their deletion. This waits for a removal that is under way, without a lock
  -- that an arriving file waits for, so that the next upload stays.
  delete from pipeline_internal.file_cleanups where path = any (v_paths);
  perform pipeline_internal.lock_files(new.document_id);
  delete from pipeline_internal.file_cleanups where path = any (v_paths);
  return new;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_document_created() IS 'Cancels queued removals of the files that the new document needs, and sets the path of its original.';
REVOKE ALL ON FUNCTION pipeline_internal.on_document_created() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_document_deleted() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.lock_files(old.document_id);
  insert into pipeline_internal.file_cleanups (path)
  select old.raw_path
  union select old.original_path
  union select old.parsed_path where old.parsed_path is not null
  union select pipeline_internal.parsed_path(old.user_id, old.document_id)
  -- A worker may be storing this file now.
  union select pipeline_internal.parsed_path(old.user_id, old.document_id, s.submission_id)
  from upload_pipeline.upload_jobs j join pipeline_internal.submissions s using (job_id)
  where j.document_id = old.document_id and s.finished_at is null;

  insert into pipeline_internal.parse_cancellations (
    submission_id, provider_job_id, submission_requested_at, due_at)
  select s.submission_id, s.provider_job_id, s.requested_at,
         -- A worker may be submitting it now; in two minutes it has finished or failed. LlamaParse keeps results for 48
         -- hours.
         clock_timestamp() + case when s.provider_job_id is null then interval '2 minutes' else interval '0' end
  from upload_pipeline.upload_jobs j
  join pipeline_internal.submissions s using (job_id)
  where j.document_id = old.document_id
    and (s.finished_at is null or s.submitted_at > clock_timestamp() - interval '48 hours');
  return old;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_document_deleted() IS 'Queues the removal of the document''s files and the cancellation of its parse, whether the document is deleted alone or with its owner''s account.';
REVOKE ALL ON FUNCTION pipeline_internal.on_document_deleted() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_document_ended() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  -- Null if there are none, so that the field is left out.
  v_warnings jsonb := (
    select nullif(warnings, '[]') from upload_pipeline.documents
    where document_id = new.document_id and new.type = 'status');
begin
  perform pipeline_internal.notify(
    case when new.type = 'failure' then 'document.failed' else 'document.completed' end,
    jsonb_strip_nulls(jsonb_build_object(
      'document_id', new.document_id, 'job_id', new.job_id, 'user_id', new.user_id, 'status', new.status,
      'code', new.code, 'message', new.message, 'reference', case when new.type = 'failure' then new.event_id end,
      'request_id', new.correlation_id, 'warnings', v_warnings)),
    case when new.type = 'failure'
         then format('Document %s failed: %s (%s)', new.document_id, new.message, new.code)
         else format('Document %s is searchable%s.', new.document_id, (
           select ', with warnings: ' || string_agg(w ->> 'message', '; ')
           from jsonb_array_elements(v_warnings) w)) end);
  return null;
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.on_document_ended() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_documents_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update pipeline_internal.charges c set document_id = null, job_id = null
  from gone where c.document_id = gone.document_id;
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_documents_deleted() IS 'Clears the document in its charges; their amounts stay in the owner''s sums. Runs as its owner: Auth deletes users, and with them their documents.';
REVOKE ALL ON FUNCTION pipeline_internal.on_documents_deleted() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_file_limits_changed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update storage.buckets set file_size_limit = greatest(new.max_file_bytes, new.max_text_bytes) where id = 'files';
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_file_limits_changed() IS 'Has Storage take files, and parsed texts, as large as limits says. The project''s own limit of Storage still holds.';
REVOKE ALL ON FUNCTION pipeline_internal.on_file_limits_changed() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_object_stored() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Storage first tries a user's insert without a size and rolls it back; the real insert follows.
  if (new.metadata ->> 'size') is not null and not pipeline_internal.start_processing(new.name) then
    perform pipeline_internal.remove_if_orphaned(new.name);
  end if;
  return null;
exception when others then
  -- An error of the pipeline must not fail the upload: the reconciler finds the object within a minute.
  raise warning 'object % did not start processing: % (%)', new.name, sqlerrm, sqlstate;
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_object_stored() IS 'Runs as its owner: users and Storage, who upload, have no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.on_object_stored() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_password_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.record_audit_entry(
    'password_changed', new.id, p_actor => case when session_user = 'supabase_auth_admin' then 'user' end);
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_password_changed() IS 'Records each change of an account''s password. Runs as its owner: Auth, which changes it, has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.on_password_changed() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.on_user_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- The key of a day's searches contains the user's id.
  update pipeline_internal.charges
  set user_id = null, charge_key = case when purpose = 'search' then null else charge_key end
  where user_id = old.id;
  delete from pipeline_internal.user_costs where user_id = old.id;
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.on_user_deleted() IS 'Clears the user in their charges; their amounts stay in the project''s sums. Runs as its owner: Auth deletes users, and has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.on_user_deleted() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.open_live_topics() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_names constant text[] := array[
    'pipeline: owners receive', 'pipeline: only owners receive', 'pipeline: no guests'];
begin
  if to_regclass('realtime.messages') is null then return false; end if;
  if (select count(*) from pg_catalog.pg_policy
      where polrelid = 'realtime.messages'::regclass and polname = any (v_names)) = cardinality(v_names) then
    return true;
  end if;

  drop policy if exists "pipeline: owners receive" on realtime.messages;
  create policy "pipeline: owners receive" on realtime.messages for select to authenticated
    using (extension = 'broadcast' and topic = 'user:' || (select pipeline_access.caller_id()));
  -- Restrictive: a policy of the project that admits everyone to every topic does not open these. Nobody sends.
  drop policy if exists "pipeline: only owners receive" on realtime.messages;
  create policy "pipeline: only owners receive" on realtime.messages as restrictive for all to authenticated
    using (topic !~ '^user:[0-9a-f-]{36}$' or topic = 'user:' || (select pipeline_access.caller_id()))
    with check (topic !~ '^user:[0-9a-f-]{36}$');
  drop policy if exists "pipeline: no guests" on realtime.messages;
  create policy "pipeline: no guests" on realtime.messages as restrictive for all to anon
    using (topic !~ '^user:[0-9a-f-]{36}$') with check (topic !~ '^user:[0-9a-f-]{36}$');
  return true;
exception when insufficient_privilege then
  return false;
end $_$;
COMMENT ON FUNCTION pipeline_internal.open_live_topics() IS 'Creates the policies by which Realtime admits users to their own topic, if they are missing. False: Realtime has not prepared this database yet, which on hosted Supabase it does when the first client connects, or another role owns its tables.';
REVOKE ALL ON FUNCTION pipeline_internal.open_live_topics() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.open_to_console(p_function regproc, p_reads_monitoring boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  execute format('revoke all on function %s from public, anon, authenticated, service_role', p_function);
  execute format('grant execute on function %s to authenticated', p_function);
  if p_reads_monitoring then
    -- Postgres demands this right of the owner-to-be; nothing may be created there with it afterwards.
    grant create on schema pipeline_console to pipeline_monitoring;
    execute format('alter function %s owner to pipeline_monitoring', p_function);
    revoke create on schema pipeline_console from pipeline_monitoring;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.open_to_console(p_function regproc, p_reads_monitoring boolean) IS 'Lets signed-in users call a function of the console. With p_reads_monitoring the function runs with the rights of pipeline_monitoring, which may only read that schema, instead of the owner''s. Migrations call this once for each function.';
REVOKE ALL ON FUNCTION pipeline_internal.open_to_console(p_function regproc, p_reads_monitoring boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.outage_pause(p_provider text) RETURNS double precision
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select greatest(1, 2 * extract(epoch from probe_at - clock_timestamp()))
  from pipeline_internal.providers
  where provider = p_provider and opened_at > clock_timestamp() - interval '1 day'
$$;
COMMENT ON FUNCTION pipeline_internal.outage_pause(p_provider text) IS 'Seconds for which a job waits that failed while its provider''s circuit is open; null if the circuit is closed. Longer than until the next probe, so that another document becomes the probe: a document that makes the provider fail must not keep the circuit open by itself. After a day of outage failures count as attempts again, so that every job ends.';
REVOKE ALL ON FUNCTION pipeline_internal.outage_pause(p_provider text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return format('user/%s/parsed/%s.md', p_user_id, p_document_id);
end $$;
COMMENT ON FUNCTION pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid) IS 'The path of the Markdown of a text document, also before the document''s row names it.';
CREATE FUNCTION pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid, p_submission_id uuid) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return format('user/%s/parsed/%s.%s.md', p_user_id, p_document_id, p_submission_id);
end $$;
COMMENT ON FUNCTION pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid, p_submission_id uuid) IS 'The path of the Markdown of a submission to the parser, also before the document''s row names it. Each parse has its own file, so the earlier file stays complete until the row names the new one.';
REVOKE ALL ON FUNCTION pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION pipeline_internal.parsed_path(p_user_id uuid, p_document_id uuid, p_submission_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.password_trusted_from(p_user_id uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select max(happened_at) + interval '24 hours' from pipeline_internal.audit_log
  where user_id = p_user_id and action = 'password_changed'
    and happened_at > statement_timestamp() - interval '24 hours'
$$;
COMMENT ON FUNCTION pipeline_internal.password_trusted_from(p_user_id uuid) IS 'Null if the account''s password proves who its owner is. A password that was set within the last 24 hours may come from the holder of a stolen session: then the time from which it counts as proof.';
REVOKE ALL ON FUNCTION pipeline_internal.password_trusted_from(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.password_verification_attempt(event jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_user_id uuid := (event ->> 'user_id')::uuid;
  v_is_right boolean := (event ->> 'valid')::boolean;
  v_key text := 'wrong-passwords:' || v_user_id;
  v_limits pipeline_internal.limits;
  v_taken record;
  v_is_pending boolean;
begin
  select * into strict v_limits from pipeline_internal.limits;
  perform pipeline_internal.lock_sign_ins(v_user_id);
  update pipeline_internal.pending_sign_ins set is_seen_by_hook = true
  where sign_in_no = (
    select a.sign_in_no from pipeline_internal.pending_sign_ins a
    where a.user_id = v_user_id and not a.is_seen_by_hook and a.started_at > clock_timestamp() - interval '1 minute'
    order by a.sign_in_no limit 1);
  v_is_pending := found;

  if v_is_right then
    delete from pipeline_internal.rate_limits
    where key = v_key and (used_count < v_limits.wrong_passwords_per_account or resets_at <= clock_timestamp());
    if not exists (select from pipeline_internal.rate_limits where key = v_key) then
      return jsonb_build_object('decision', 'continue');
    end if;
  else
    v_taken := pipeline_internal.consume_rate_limit(
      v_key, v_limits.wrong_passwords_per_account, v_limits.sign_in_window_seconds);
    if v_taken.allowed then
      if not v_is_pending then
        perform pipeline_internal.record_audit_entry(
          'sign_in_failed', v_user_id, p_actor => 'visitor',
          p_details => '{"code": "invalid_credentials", "route": "auth/v1"}');
      end if;
      return jsonb_build_object('decision', 'continue');
    end if;
  end if;
  -- Existing sessions continue; otherwise anyone could sign out any user.
  return jsonb_build_object('error', jsonb_build_object(
    'http_code', 429, 'message', 'Too many wrong passwords for this account. Try again later.'));
end $$;
COMMENT ON FUNCTION pipeline_internal.password_verification_attempt(event jsonb) IS 'Auth''s hook (password verification attempt): counts wrong passwords of an account through every route, records those that the API does not record, and beyond the limit accepts no password until the window ends. Runs as its owner: Auth, which calls it, has no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.password_verification_attempt(event jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_internal.password_verification_attempt(event jsonb) TO supabase_auth_admin;

CREATE FUNCTION pipeline_internal.pause(p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.postpone(p_job, p_after_seconds, 'queued');
  update upload_pipeline.upload_jobs
  set attempt_count = greatest(attempt_count - 1, 0), waiting_for = p_code
  where job_id = p_job.job_id;
  if p_message is not null then
    perform pipeline_internal.record_error(p_job, 'pause', p_job.status, p_code, p_message);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.pause(p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision) IS 'Makes the job due later without counting the attempt: a provider is throttled, or a worker returns a job that it cannot finish. With a message, the reason is an event.';
REVOKE ALL ON FUNCTION pipeline_internal.pause(p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.pause_stage(p_stage text, p_reason text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update pipeline_internal.stages
  set paused_at = coalesce(paused_at, clock_timestamp()), paused_because = p_reason
  where stage = p_stage;
  return found;
end $$;
COMMENT ON FUNCTION pipeline_internal.pause_stage(p_stage text, p_reason text) IS 'Pauses a stage: running attempts finish, but no message is claimed and no run is called until resume_stage. False: no such stage.';
REVOKE ALL ON FUNCTION pipeline_internal.pause_stage(p_stage text, p_reason text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.poll_later(p_job upload_pipeline.upload_jobs) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_submission pipeline_internal.submissions;
  v_delay double precision;
begin
  update pipeline_internal.submissions s set poll_count = s.poll_count + 1
  where s.job_id = p_job.job_id and s.finished_at is null
  returning * into v_submission;

  select case when exists (
           -- The webhook call came during the poll.
           select from pipeline_internal.deliveries d
           where (d.provider_job_id = v_submission.provider_job_id or d.job_id = p_job.job_id)
             and d.received_at > p_job.claimed_at
         ) then 0
         else least(l.max_poll_seconds, l.first_poll_seconds * power(1.5, least(v_submission.poll_count, 20))) end
  into v_delay from pipeline_internal.limits l;
  perform pipeline_internal.pause(p_job, 'PARSER_AT_WORK', null, v_delay);
end $$;
COMMENT ON FUNCTION pipeline_internal.poll_later(p_job upload_pipeline.upload_jobs) IS 'The parser is at work: polls again later, at growing intervals, or at once if its webhook call came meanwhile. Costs no attempt.';
REVOKE ALL ON FUNCTION pipeline_internal.poll_later(p_job upload_pipeline.upload_jobs) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.postpone(p_job upload_pipeline.upload_jobs, p_seconds double precision, p_state text) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_due timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  -- A suspect's message stays hidden from claim. claim_isolated finds the suspect by its job.
  perform pipeline_internal.postpone_messages(
    p_job.stage, array[p_job.message_id],
    v_due + case when p_job.is_isolated then pipeline_internal.isolation_hiding() else interval '0' end);
  update upload_pipeline.upload_jobs
  set state = p_state, next_attempt_at = v_due, updated_at = clock_timestamp()
  where job_id = p_job.job_id;
  return v_due;
end $$;
COMMENT ON FUNCTION pipeline_internal.postpone(p_job upload_pipeline.upload_jobs, p_seconds double precision, p_state text) IS 'Ends the lease and makes the message due later. The caller holds the fence.';
REVOKE ALL ON FUNCTION pipeline_internal.postpone(p_job upload_pipeline.upload_jobs, p_seconds double precision, p_state text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.postpone_messages(p_stage text, p_msg_ids bigint[], p_vt timestamp with time zone) RETURNS SETOF bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        update pgmq.q_parse q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    when 'fetch_result' then
      return query
        update pgmq.q_fetch_result q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    when 'chunk' then
      return query
        update pgmq.q_chunk q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    when 'embed' then
      return query
        update pgmq.q_embed q set vt = $3 where q.msg_id = any ($2) returning q.msg_id;
    else
      return query execute format('
        update pgmq.%1$I q set vt = $3 where q.msg_id = any ($2) returning q.msg_id', 'q_' || p_stage)
      using $1, $2, $3;
  end case;
end $_$;
COMMENT ON FUNCTION pipeline_internal.postpone_messages(p_stage text, p_msg_ids bigint[], p_vt timestamp with time zone) IS 'Makes messages due at this time.';
REVOKE ALL ON FUNCTION pipeline_internal.postpone_messages(p_stage text, p_msg_ids bigint[], p_vt timestamp with time zone) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.previous_endpoint_secret(p_endpoint_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.decrypted_secret from vault.decrypted_secrets s
  where s.name = pipeline_internal.endpoint_secret_name(p_endpoint_id) || '_previous'
$$;
REVOKE ALL ON FUNCTION pipeline_internal.previous_endpoint_secret(p_endpoint_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.price(p_unit text, p_model text) RETURNS pipeline_internal.prices
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p from pipeline_internal.prices p where p.unit = p_unit order by p.model = p_model desc, p.cents desc limit 1
$$;
COMMENT ON FUNCTION pipeline_internal.price(p_unit text, p_model text) IS 'The price of a model. An unlisted model has the highest price of its unit, so that no budget is exceeded unnoticed.';
REVOKE ALL ON FUNCTION pipeline_internal.price(p_unit text, p_model text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.probe_provider(p_provider text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_stage text;
  v_msg_ids bigint[];
  v_due_count bigint := 0;
begin
  for v_stage in select s.stage from pipeline_internal.stages s where s.provider = p_provider order by 1 loop
    -- Messages before jobs, as workers lock them. A locked message belongs to a live worker.
    execute format(
      'select array(select q.msg_id from pgmq.%I q where q.msg_id = any ($1) order by q.msg_id for update skip locked)',
      'q_' || v_stage) into v_msg_ids
      using array(
        select j.message_id from upload_pipeline.upload_jobs j
        where j.stage = v_stage and j.next_attempt_at > clock_timestamp()
          and exists (select from pipeline_internal.providers p where p.provider = p_provider
            and p.opened_at is not null));
    with due as (
      update upload_pipeline.upload_jobs j set next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
      where j.stage = v_stage and j.message_id = any (v_msg_ids) and j.state <> 'working'
        -- A parse that is still running is no failure of the provider.
        and j.waiting_for is distinct from 'PARSER_AT_WORK'
      returning j.message_id
    ) select array(select message_id from due) into v_msg_ids;
    perform pipeline_internal.postpone_messages(v_stage, v_msg_ids, clock_timestamp());
    v_due_count := v_due_count + cardinality(v_msg_ids);
  end loop;

  update pipeline_internal.providers set probe_at = clock_timestamp()
  where provider = p_provider and opened_at is not null;
  if found then
    perform pipeline_internal.wake(s.stage) from pipeline_internal.stages s
    where s.provider = p_provider and pipeline_internal.has_work(s.stage);
  end if;
  return v_due_count;
end $_$;
COMMENT ON FUNCTION pipeline_internal.probe_provider(p_provider text) IS 'Sends the half-open probe of an open circuit at once, for an operator who knows that the provider has recovered. Makes the jobs that wait for the provider due and returns their number; they continue only if the probe succeeds. 0, and nothing done: the circuit is closed.';
REVOKE ALL ON FUNCTION pipeline_internal.probe_provider(p_provider text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.provider_failed(p_provider text, p_claimed_at timestamp with time zone, p_fault text, p_code text, p_message text, p_after_seconds double precision) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_provider pipeline_internal.providers;
  v_pause double precision;
begin
  select * into v_provider from pipeline_internal.providers where provider = p_provider for update;
  if not found then return; end if;

  -- An attempt from before the circuit opened adds no failure; only the wait that the provider asks for counts.
  if v_provider.opened_at > p_claimed_at then
    update pipeline_internal.providers
    set probe_at = greatest(probe_at, clock_timestamp() + make_interval(secs => p_after_seconds))
    where provider = p_provider;
    return;
  end if;

  -- Fewer than five transient failures in a row are not an outage.
  if p_fault = 'transient' and v_provider.opened_at is null and v_provider.failure_count + 1 < 5 then
    update pipeline_internal.providers set failure_count = failure_count + 1 where provider = p_provider;
    return;
  end if;

  -- The pause doubles only while failures are of one kind: credit may be back in a minute, however often the rate was
  -- exceeded before.
  if v_provider.fault is distinct from p_fault then v_provider.fault_count := 0; end if;
  v_pause := case p_fault when 'exhausted' then 60 else 15 end * power(2, least(v_provider.fault_count, 8));
  update pipeline_internal.providers
  set failure_count = failure_count + 1, open_count = open_count + 1, fault = p_fault,
      fault_count = v_provider.fault_count + 1,
      opened_at = coalesce(opened_at, clock_timestamp()),
      probe_at = clock_timestamp() + make_interval(secs => coalesce(nullif(p_after_seconds, 0), least(v_pause, 3600))),
      code = p_code, message = left(p_message, 500)
  where provider = p_provider;
end $$;
COMMENT ON FUNCTION pipeline_internal.provider_failed(p_provider text, p_claimed_at timestamp with time zone, p_fault text, p_code text, p_message text, p_after_seconds double precision) IS 'Opens the circuit: at once when the provider throttles or its credit is exhausted, otherwise after five transient failures in a row. The next probe is due when the provider said, or after a pause that doubles up to an hour while failures are of one kind: from a minute for credit, from 15 s otherwise.';
REVOKE ALL ON FUNCTION pipeline_internal.provider_failed(p_provider text, p_claimed_at timestamp with time zone, p_fault text, p_code text, p_message text, p_after_seconds double precision) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.provider_succeeded(p_provider text, p_claimed_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update pipeline_internal.providers
  set failure_count = 0, open_count = 0, fault = null, fault_count = 0, opened_at = null, probe_at = null, code = null,
      message = null
  where provider = p_provider and (failure_count > 0 or opened_at is not null)
    and (opened_at is null or opened_at <= p_claimed_at);
end $$;
COMMENT ON FUNCTION pipeline_internal.provider_succeeded(p_provider text, p_claimed_at timestamp with time zone) IS 'Closes the circuit if the successful attempt began after the circuit opened. An earlier attempt says nothing about the provider''s present state.';
REVOKE ALL ON FUNCTION pipeline_internal.provider_succeeded(p_provider text, p_claimed_at timestamp with time zone) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.purge() RETURNS TABLE(category text, removed_count bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_tables constant jsonb := jsonb_build_object(
    'events', jsonb_build_array(
      'upload_pipeline.events',
      'created_at < $1 and exists (
         select from upload_pipeline.upload_jobs j where j.job_id = t.job_id and j.finished_at < $1)'),
    'deliveries', '["pipeline_internal.deliveries", "received_at < $1"]'::jsonb,
    'audit_log', '["pipeline_internal.audit_log", "happened_at < $1"]'::jsonb,
    'worker_runs', '["pipeline_internal.worker_runs", "ended_at < $1"]'::jsonb,
    'outbox', '["pipeline_internal.outbox", "coalesce(delivered_at, given_up_at, created_at) < $1"]'::jsonb,
    'alerts', '["pipeline_internal.alerts", "closed_at < $1"]'::jsonb,
    'history', '["pipeline_internal.history", "since < $1"]'::jsonb,
    'charges', '["pipeline_internal.charges", "document_id is null and day < $1::date"]'::jsonb,
    'question_vectors', '["pipeline_internal.question_vectors", "used_at < $1"]'::jsonb,
    'live_events', jsonb_build_array(
      'upload_pipeline.live_events',
      'created_at < $1 and exists (
         select from upload_pipeline.live_events n where n.user_id = t.user_id and n.event_no > t.event_no)'),
    'cron_runs', '["cron.job_run_details", "end_time < $1"]'::jsonb);
  v_table record;
begin
  for v_table in
    select r.category, r.days, t ->> 0 as name, t ->> 1 as condition
    from pipeline_internal.retention r cross join lateral (select v_tables -> r.category) known (t) where t is not null
    union all
    select r.category, r.days, format('pgmq.%I', 'a_' || q.queue_name), 'archived_at < $1'
    from pipeline_internal.retention r cross join pgmq.list_queues() q where r.category = 'archives'
  loop
    -- The limit keeps locks short; the rest follows an hour later.
    execute format(
      'delete from %1$s where ctid = any (array(select t.ctid from %1$s t where %2$s limit 50000))',
      v_table.name, v_table.condition) using clock_timestamp() - make_interval(secs => v_table.days * 86400);
    category := v_table.category;
    get diagnostics removed_count = row_count;
    return next;
  end loop;

  category := 'security_hold';
  update pipeline_internal.audit_log a set network = null
  where a.network is not null and pipeline_internal.is_older(a.account_gone_at, 'security_hold');
  get diagnostics removed_count = row_count;
  return next;

  category := 'replaced secrets of endpoints';
  removed_count := pipeline_internal.purge_replaced_secrets();
  return next;

  category := 'charges summed up';
  removed_count := pipeline_internal.compact_charges();
  return next;
  perform pipeline_internal.purge_rate_limits();
end $_$;
COMMENT ON FUNCTION pipeline_internal.purge() IS 'Removes history that is older than pipeline_internal.retention allows. pg_net removes its own.';
REVOKE ALL ON FUNCTION pipeline_internal.purge() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.purge_rate_limits() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Skips locked rows: a request holds one row while it locks another.
  delete from pipeline_internal.rate_limits where key in (
    select key from pipeline_internal.rate_limits where resets_at < clock_timestamp() for update skip locked);
  delete from pipeline_internal.idempotency_keys where created_at < clock_timestamp() - interval '1 day';
  delete from pipeline_internal.pending_sign_ins where sign_in_no in (
    select sign_in_no from pipeline_internal.pending_sign_ins
    where started_at < clock_timestamp() - interval '1 minute' for update skip locked);
$$;
COMMENT ON FUNCTION pipeline_internal.purge_rate_limits() IS 'Removes windows that have ended, keys older than a day, and pending sign-ins whose request died.';
REVOKE ALL ON FUNCTION pipeline_internal.purge_rate_limits() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.purge_replaced_secrets() RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with over as (
    update pipeline_internal.endpoints set previous_secret_until = null
    where previous_secret_until < clock_timestamp()
    returning endpoint_id),
  gone as (
    delete from vault.secrets s using over
    where s.name = pipeline_internal.endpoint_secret_name(over.endpoint_id) || '_previous'
    returning 1)
  select count(*) from gone
$$;
COMMENT ON FUNCTION pipeline_internal.purge_replaced_secrets() IS 'Removes secrets from Vault after their overlap.';
REVOKE ALL ON FUNCTION pipeline_internal.purge_replaced_secrets() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.question_vector(p_user_id uuid, p_model text, p_key text) RETURNS extensions.halfvec
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update pipeline_internal.question_vectors set used_at = clock_timestamp()
  where user_id = p_user_id and model = p_model and key = p_key
  returning embedding
$$;
COMMENT ON FUNCTION pipeline_internal.question_vector(p_user_id uuid, p_model text, p_key text) IS 'The vector of this question from an earlier search of the user, which counts as a use; null if it is unknown.';
REVOKE ALL ON FUNCTION pipeline_internal.question_vector(p_user_id uuid, p_model text, p_key text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.read_messages(p_stage text, p_count integer, p_lease_seconds real) RETURNS TABLE(msg_id bigint, read_ct integer, job_id uuid)
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        update pgmq.q_parse q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_parse due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    when 'fetch_result' then
      return query
        update pgmq.q_fetch_result q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_fetch_result due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    when 'chunk' then
      return query
        update pgmq.q_chunk q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_chunk due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    when 'embed' then
      return query
        update pgmq.q_embed q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.q_embed due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> 'job_id')::uuid;
    else
      return query execute format('
        update pgmq.%1$I q set vt = clock_timestamp() + make_interval(secs => $3), read_ct = q.read_ct + 1
        where q.msg_id = any (array(
          select due.msg_id from pgmq.%1$I due where due.vt <= clock_timestamp()
          order by due.msg_id limit $2 for update skip locked))
        returning q.msg_id, q.read_ct, (q.message ->> ''job_id'')::uuid', 'q_' || p_stage)
      using $1, $2, $3;
  end case;
end $_$;
COMMENT ON FUNCTION pipeline_internal.read_messages(p_stage text, p_count integer, p_lease_seconds real) IS 'Leases up to p_count due messages, oldest first: hides them for p_lease_seconds and increments read_ct. Passes over messages that another transaction has locked.';
REVOKE ALL ON FUNCTION pipeline_internal.read_messages(p_stage text, p_count integer, p_lease_seconds real) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.receive_delivery(p_event_id text, p_event_type text, p_provider_job_id text, p_job_id uuid, p_request_id text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_job_id uuid;
  v_message_id bigint;
begin
  if p_event_type not like 'parse.%' then return 'ignored'; end if;

  insert into pipeline_internal.deliveries (event_id, event_type, provider_job_id, job_id, request_id)
  values (p_event_id, p_event_type, p_provider_job_id, p_job_id, p_request_id)
  on conflict (event_id) do nothing;
  if not found then return 'duplicate'; end if;
  -- LlamaParse gets its answer before the disk has the delivery: polling makes up for a delivery that a crash undoes.
  perform set_config('synchronous_commit', 'off', true);

  -- Waits for a transaction that writes to the submission: either it sees this delivery, or its message is seen here.
  select s.job_id into v_job_id from pipeline_internal.submissions s
  where (s.job_id = p_job_id and s.finished_at is null) or s.provider_job_id = p_provider_job_id
  order by s.requested_at desc limit 1
  for update;
  if not found then
    return case when exists (select from upload_pipeline.upload_jobs where job_id = p_job_id)
                then 'accepted' else 'unknown_job' end;
  end if;

  -- Makes the waiting message due. If a worker holds or reads it, poll_later finds this delivery.
  select q.msg_id into v_message_id
  from upload_pipeline.upload_jobs j join pgmq.q_fetch_result q on q.msg_id = j.message_id
  where j.job_id = v_job_id and j.stage = 'fetch_result'
  for update of q skip locked;
  if found and exists (
    select from upload_pipeline.upload_jobs
    where stage = 'fetch_result' and message_id = v_message_id and state <> 'working'
  ) then
    update pgmq.q_fetch_result set vt = clock_timestamp() where msg_id = v_message_id;
    perform pipeline_internal.wake('fetch_result');
  end if;
  return 'accepted';
end $$;
COMMENT ON FUNCTION pipeline_internal.receive_delivery(p_event_id text, p_event_type text, p_provider_job_id text, p_job_id uuid, p_request_id text) IS 'Records a verified webhook call once and makes its job''s message in fetch_result due. complete_parse finds a call that overtakes its own submission.';
REVOKE ALL ON FUNCTION pipeline_internal.receive_delivery(p_event_id text, p_event_type text, p_provider_job_id text, p_job_id uuid, p_request_id text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.rechunk(p_document_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_job_id uuid;
begin
  select job_id into v_job_id from upload_pipeline.upload_jobs
  where document_id = p_document_id and status = 'complete' for update;
  if not found then return false; end if;
  perform pipeline_internal.enqueue(array[v_job_id], 'chunk');
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.rechunk(p_document_id uuid) IS 'Re-chunks and re-embeds a complete document, as after a new version of the chunker or the model. Its active version can be searched meanwhile. False: the document is not complete.';
REVOKE ALL ON FUNCTION pipeline_internal.rechunk(p_document_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.reconcile() RETURNS TABLE(started bigint, requeued bigint, expired bigint, closed bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_stage text;
  v_job_id uuid;
  v_path text;
  v_paths text[];
begin
  -- Finds objects whose trigger failed; a file of an earlier, failed upload does not count. Here and below, locked jobs
  -- are skipped: a transaction that holds the locks of user queues may wait for queued jobs only.
  v_paths := array(
    select o.name
    from upload_pipeline.upload_jobs j
    join upload_pipeline.documents d using (document_id)
    join storage.objects o on o.bucket_id = 'files' and o.name = d.raw_path
    where j.status = 'awaiting_upload' and (o.metadata ->> 'size') is not null and o.updated_at >= j.updated_at
    order by j.user_id, j.job_id
    for update of j skip locked);
  -- Locks all user queues before the first document is admitted: see reserve_costs.
  perform pipeline_internal.lock_user_queue(u.user_id) from (
    select distinct user_id from upload_pipeline.documents where raw_path = any (v_paths) order by 1) u;
  started := 0;
  foreach v_path in array v_paths loop
    started := started + pipeline_internal.start_processing(v_path)::int;
  end loop;

  -- Jobs without their message (a purged queue, a restored backup).
  requeued := 0;
  for v_stage in select stage from pipeline_internal.stages loop
    for v_job_id in execute format(
      $q$
        select j.job_id from upload_pipeline.upload_jobs j
        where j.stage = $1 and j.finished_at is null and j.updated_at < clock_timestamp() - interval '1 minute'
          and not exists (select from pgmq.%I q where q.msg_id = j.message_id)
        for update of j skip locked
      $q$, 'q_' || v_stage) using v_stage
    loop
      perform pipeline_internal.requeue(v_job_id);
      requeued := requeued + 1;
    end loop;
  end loop;

  expired := pipeline_internal.expire_uploads();

  with dead as (
    update pipeline_internal.worker_runs
    set ended_at = clock_timestamp(), ended_by = 'lost'
    -- A locked row belongs to a live worker.
    where run_id in (
      select r.run_id from pipeline_internal.worker_runs r
      where r.ended_at is null and coalesce(r.heartbeat_at, r.called_at) < clock_timestamp() - interval '1 minute'
        -- pg_net has not sent its call yet: see live_runs.
        and not (r.started_at is null and exists (select from net.http_request_queue q where q.id = r.request_id))
      for update skip locked)
    returning 1
  ) select count(*) into closed from dead;
  return next;
end $_$;
COMMENT ON FUNCTION pipeline_internal.reconcile() IS 'Repairs what no event will: objects without their trigger, jobs without their message, uploads that never came, runs that died.';
REVOKE ALL ON FUNCTION pipeline_internal.reconcile() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_audit_entry(p_action text, p_user_id uuid DEFAULT NULL::uuid, p_subject_id uuid DEFAULT NULL::uuid, p_request_id text DEFAULT NULL::text, p_network cidr DEFAULT NULL::cidr, p_details jsonb DEFAULT '{}'::jsonb, p_actor text DEFAULT NULL::text, p_email_digest text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_actor text := coalesce(p_actor, case when p_request_id is null then 'operator' else 'user' end);
begin
  insert into pipeline_internal.audit_log (
    action, actor, database_role, operator_id, request_id, details, user_id, subject_id, network, email_digest)
  values (
    p_action, v_actor, case when v_actor = 'operator' then session_user end,
    -- The user of the request, which is there only in the console.
    case when v_actor = 'operator' then (select id from auth.users where id = auth.uid()) end,
    left(p_request_id, 200), p_details,
    -- Auth invents a user so as not to reveal that an address is taken.
    (select id from auth.users where id = p_user_id), p_subject_id, p_network, p_email_digest);
end $$;
COMMENT ON FUNCTION pipeline_internal.record_audit_entry(p_action text, p_user_id uuid, p_subject_id uuid, p_request_id text, p_network cidr, p_details jsonb, p_actor text, p_email_digest text) IS 'Writes an audit entry. An entry without a request id is an operator''s, named by the database role, and in the console by the user: select pipeline_internal.record_audit_entry(''key_rotation'', p_details => ''{"key": "WORKER_SECRET"}'').';
REVOKE ALL ON FUNCTION pipeline_internal.record_audit_entry(p_action text, p_user_id uuid, p_subject_id uuid, p_request_id text, p_network cidr, p_details jsonb, p_actor text, p_email_digest text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_charges(p_charges jsonb, p_held_job_ids uuid[] DEFAULT '{}'::uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if jsonb_array_length(p_charges) = 0 then return; end if;

  with reported as (
    select c.*, p.cents as price_cents, p.credits as price_credits
    from jsonb_to_recordset(p_charges) as c (
      key text, purpose text, model text, quantity bigint, credits numeric, job_id uuid, user_id uuid)
    cross join lateral pipeline_internal.price(case c.purpose when 'parse' then 'page' else 'token' end, c.model) p
  ), recorded as (
    insert into pipeline_internal.charges (
      charge_key, purpose, model, quantity, credits, cents, user_id, document_id, job_id)
    select t.key, t.purpose, t.model, t.quantity, coalesce(t.credits, t.quantity * t.price_credits),
           -- The credits that the provider billed take precedence over the listed price.
           coalesce(t.credits * t.price_cents / t.price_credits, t.quantity * t.price_cents),
           -- A deletion waits for the holder of a job. It sees no charge that is written at the same time for other
           -- jobs.
           case when j.job_id = any (p_held_job_ids) then j.user_id
                else pipeline_internal.lock_user_if_exists(coalesce(j.user_id, t.user_id)) end,
           j.document_id, j.job_id
    from reported t
    left join upload_pipeline.upload_jobs j on j.job_id = t.job_id
    order by t.key
    on conflict (charge_key) do nothing
    returning *
  )
  -- Only for jobs whose leases the caller holds: a transaction that admits a job holds the lock of a user queue, and
  -- must not wait for this one, which may want that lock. A charge of a lost lease comes on top: the current holder of
  -- the job reports the same parse again, and requests the same vectors once more.
  update pipeline_internal.reservations r
  set cents = case when c.pages is not null then pipeline_internal.embedding_cents(c.pages)
                   else greatest(0, r.cents - c.cents) end
  from (
    select t.job_id, sum(n.cents) as cents, max(t.quantity) filter (where t.purpose = 'parse') as pages
    from reported t left join recorded n on n.charge_key = t.key
    where t.job_id = any (p_held_job_ids) and (t.purpose = 'parse' or n.charge_key is not null)
    group by t.job_id
  ) c
  where r.job_id = c.job_id;

  perform pipeline_internal.correct_counted_pages(p_charges, p_held_job_ids);

  -- The next document is expected to have the price of the latest charge.
  update pipeline_internal.prices p set is_expected = not p.is_expected
  from (
    select distinct on (unit) unit, model
    from (select case c.purpose when 'parse' then 'page' else 'token' end as unit, c.model
          from jsonb_to_recordset(p_charges) as c (purpose text, model text)) used
    join pipeline_internal.prices known using (unit, model)
    order by unit, model
  ) used
  where p.unit = used.unit and p.is_expected <> (p.model = used.model);
end $$;
COMMENT ON FUNCTION pipeline_internal.record_charges(p_charges jsonb, p_held_job_ids uuid[]) IS 'Records what a provider charged, each key once, at the current prices, and reduces the reservations of jobs whose leases the caller holds by it. p_charges: [{key, purpose: parse|embed, model, quantity, credits?, job_id, user_id}]. Charges are facts about the provider: those of a lost attempt, or of a deleted document, count as well.';
REVOKE ALL ON FUNCTION pipeline_internal.record_charges(p_charges jsonb, p_held_job_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_consent(p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr DEFAULT NULL::cidr, p_action text DEFAULT 'consent'::text, OUT outcome text, OUT consented_at timestamp with time zone, OUT required_version text) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  select l.required_consent_version into strict required_version from pipeline_internal.limits l;
  -- A sign-up is not refused: the user agrees to the version that was shown, and must agree again before the first
  -- document.
  if p_action = 'consent' and required_version <> p_consent_version then
    outcome := 'outdated';
    return;
  end if;

  insert into pipeline_internal.consents as c (user_id, consent_version)
  values (p_user_id, p_consent_version)
  on conflict (user_id) do update
    set consent_version = excluded.consent_version, consented_at = excluded.consented_at
    where c.consent_version <> excluded.consent_version
  returning c.consented_at into consented_at;
  outcome := case when found then 'recorded' else 'known' end;
  if outcome = 'known' then
    select c.consented_at into strict consented_at from pipeline_internal.consents c where c.user_id = p_user_id;
  else
    perform pipeline_internal.record_audit_entry(
      p_action, p_user_id, p_request_id => p_request_id, p_network => p_network,
      p_details => jsonb_build_object('consent_version', p_consent_version));
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.record_consent(p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr, p_action text, OUT outcome text, OUT consented_at timestamp with time zone, OUT required_version text) IS 'Records that the user agrees to a version of the terms. Outcome: recorded, with an audit entry; known, with the earlier time; or outdated, if another version is required. p_action: sign_up or consent.';
REVOKE ALL ON FUNCTION pipeline_internal.record_consent(p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr, p_action text, OUT outcome text, OUT consented_at timestamp with time zone, OUT required_version text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_console_act(p_action text, p_subject_id uuid DEFAULT NULL::uuid, p_details jsonb DEFAULT '{}'::jsonb, p_user_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  perform pipeline_internal.record_audit_entry(
    p_action,
    coalesce(
      p_user_id,
      (select j.user_id from upload_pipeline.upload_jobs j
       where j.job_id = p_subject_id or j.document_id = p_subject_id)),
    p_subject_id, p_actor => 'operator', p_details => jsonb_strip_nulls(p_details));
end $$;
COMMENT ON FUNCTION pipeline_internal.record_console_act(p_action text, p_subject_id uuid, p_details jsonb, p_user_id uuid) IS 'Writes the audit entry of an act in the console: the operator, what was done, and to which document or job, or which user. Details without personal data. What the act calls may write entries of its own, which name the operator as well. @throws insufficient_privilege outside the console.';
REVOKE ALL ON FUNCTION pipeline_internal.record_console_act(p_action text, p_subject_id uuid, p_details jsonb, p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_error(p_job upload_pipeline.upload_jobs, p_type text, p_status text, p_code text, p_message text) RETURNS uuid
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into upload_pipeline.events (
    document_id, job_id, user_id, type, status, stage, code, message, attempt, correlation_id, run_id, claimed_at)
  values (
    p_job.document_id, p_job.job_id, p_job.user_id, p_type, p_status, p_job.stage, p_code, left(p_message, 2000),
    p_job.attempt_count, p_job.correlation_id, p_job.run_id,
    case when p_job.state = 'working' then p_job.claimed_at end)
  returning event_id
$$;
COMMENT ON FUNCTION pipeline_internal.record_error(p_job upload_pipeline.upload_jobs, p_type text, p_status text, p_code text, p_message text) IS 'Records an event of the job with this code and message, and returns its id.';
REVOKE ALL ON FUNCTION pipeline_internal.record_error(p_job upload_pipeline.upload_jobs, p_type text, p_status text, p_code text, p_message text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_failed_sign_in(p_email text, p_email_digest text, p_code text, p_request_id text, p_network cidr) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_user_id uuid := (select id from auth.users where email = lower(p_email) and is_sso_user = false);
begin
  perform pipeline_internal.record_audit_entry(
    'sign_in_failed', v_user_id, p_request_id => p_request_id, p_network => p_network,
    p_details => jsonb_build_object('code', p_code), p_actor => 'visitor',
    p_email_digest => case when v_user_id is null then p_email_digest end);
end $$;
COMMENT ON FUNCTION pipeline_internal.record_failed_sign_in(p_email text, p_email_digest text, p_code text, p_request_id text, p_network cidr) IS 'Records a failed sign-in: with the account, or with a digest of the address if it has no account. The address itself is not stored.';
REVOKE ALL ON FUNCTION pipeline_internal.record_failed_sign_in(p_email text, p_email_digest text, p_code text, p_request_id text, p_network cidr) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_first_status() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if not exists (select from upload_pipeline.statuses where status = new.status) then
    raise exception 'unknown status: %', new.status using errcode = 'check_violation';
  end if;
  insert into upload_pipeline.events (document_id, job_id, user_id, type, status, stage, correlation_id)
  values (new.document_id, new.job_id, new.user_id, 'status', new.status, new.stage, new.correlation_id);
  return null;
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.record_first_status() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_history(p_after bigint, p_to bigint) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with counted as materialized (
    select date_bin('1 minute', e.created_at, '2000-01-01Z') as minute, e.type, e.status, e.stage
    from pipeline_internal.countable_events e
    where e.event_no > p_after and e.event_no <= p_to and e.type in ('status', 'failure')
  ), steps as (
    select step, make_interval(mins => step) as length from unnest(array[1, 10, 60]::smallint[]) step
  ), transitions as (
    -- Recounts each step that has a new event. Where the minutes of a short step have been merged, its numbers stay.
    select s.step, s.since, t.stage, t.bucket, sum(t.transition_count) as transition_count
    from (select distinct step, length, date_bin(length, minute, '2000-01-01Z') as since from counted, steps) s
    join pipeline_internal.stage_transitions t on t.since >= s.since and t.since < s.since + s.length
    where s.step = 60 or s.since >= (select merged_to from pipeline_internal.roll_up)
    group by 1, 2, 3, 4
  ), ranked as (
    select step, since, stage, power(1.1, bucket - 0.5) as seconds,
           sum(transition_count) over (partition by step, since, stage order by bucket) as up_to,
           sum(transition_count) over (partition by step, since, stage) as total
    from transitions
  ), measured as (
    select step, since, stage, max(total) as transition_count,
           min(seconds) filter (where up_to >= 0.50 * total) as p50_seconds,
           min(seconds) filter (where up_to >= 0.95 * total) as p95_seconds
    from ranked group by 1, 2, 3
  ), documents as (
    select step, date_bin(length, minute, '2000-01-01Z') as since, of.stage,
           count(*) filter (where type = 'failure') as failed_count,
           count(*) filter (where type = 'status' and of.stage = 'document') as registered_count
    from counted
    cross join steps
    cross join lateral (select 'document' as stage union select counted.stage where type = 'failure') of
    where of.stage is not null and (type = 'failure' or status = 'awaiting_upload')
    group by 1, 2, 3
  )
  insert into pipeline_internal.history as h (
    step_minutes, since, stage, transition_count, p50_seconds, p95_seconds, failed_count, registered_count)
  select step, since, stage, coalesce(m.transition_count, 0), m.p50_seconds, m.p95_seconds,
         coalesce(d.failed_count, 0), coalesce(d.registered_count, 0)
  from measured m full join documents d using (step, since, stage)
  -- All sessions lock the rows in the same order.
  order by step, since, stage
  on conflict (step_minutes, since, stage) do update
  set transition_count = greatest(h.transition_count, excluded.transition_count),
      p50_seconds = coalesce(excluded.p50_seconds, h.p50_seconds),
      p95_seconds = coalesce(excluded.p95_seconds, h.p95_seconds),
      failed_count = h.failed_count + excluded.failed_count,
      registered_count = h.registered_count + excluded.registered_count
$$;
COMMENT ON FUNCTION pipeline_internal.record_history(p_after bigint, p_to bigint) IS 'Adds the events in (p_after, p_to], whose transitions count_events has counted, to the history. Callers must not add events twice: roll_up_events ensures that.';
REVOKE ALL ON FUNCTION pipeline_internal.record_history(p_after bigint, p_to bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_move() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_via_status text;
  v_run_id uuid := case when 'working' in (old.state, new.state) then new.run_id end;
begin
  select t.via_status into v_via_status
  from pipeline_internal.transitions t where t.from_status = old.status and t.to_status = new.status;
  if not found then
    raise exception 'job % cannot move from % to %', new.job_id, old.status, new.status
      using errcode = 'check_violation', constraint = 'legal_transition';
  end if;

  insert into upload_pipeline.events (
    document_id, job_id, user_id, type, status, stage, correlation_id, run_id, claimed_at)
  select new.document_id, new.job_id, new.user_id, 'status', passed.status, passed.stage, new.correlation_id, v_run_id,
         case when old.state = 'working' then old.claimed_at end
  from (values (v_via_status, old.stage), (new.status, new.stage)) passed (status, stage)
  where passed.status is not null;
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.record_move() IS 'Refuses a transition that pipeline_internal.transitions does not list, and records every other one as an event in the same transaction.';
REVOKE ALL ON FUNCTION pipeline_internal.record_move() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_queue_history(p_samples jsonb, p_at timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into pipeline_internal.history as h (step_minutes, since, stage, message_count, oldest_due_seconds)
  select step, date_bin(make_interval(mins => step), p_at, '2000-01-01Z'), s.labels ->> 'stage',
         sum(s.value) filter (where s.name = 'pipeline_queue_messages'),
         max(s.value) filter (where s.name = 'pipeline_queue_oldest_message_seconds')
  from jsonb_to_recordset(p_samples) s (name text, labels jsonb, value double precision)
  cross join unnest(array[1, 10, 60]::smallint[]) step
  where s.name in ('pipeline_queue_messages', 'pipeline_queue_oldest_message_seconds')
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (step_minutes, since, stage) do update
  set message_count = greatest(h.message_count, excluded.message_count),
      oldest_due_seconds = greatest(h.oldest_due_seconds, excluded.oldest_due_seconds)
$$;
COMMENT ON FUNCTION pipeline_internal.record_queue_history(p_samples jsonb, p_at timestamp with time zone) IS 'Adds a sample of the queues, as metric_samples has it, to the history. A step keeps the greatest values.';
REVOKE ALL ON FUNCTION pipeline_internal.record_queue_history(p_samples jsonb, p_at timestamp with time zone) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_search(p_user_id uuid, p_model text, p_tokens bigint) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into pipeline_internal.charges as c (charge_key, day, purpose, model, quantity, cents, user_id)
  select case when asker.id is not null then format('search:%s:%s:%s', today.day, asker.id, p_model) end,
         today.day, 'search', p_model, p_tokens, p_tokens * (pipeline_internal.price('token', p_model)).cents, asker.id
  from (select (clock_timestamp() at time zone 'utc')::date as day) today
  cross join pipeline_internal.lock_user_if_exists(p_user_id) asker (id)
  on conflict (charge_key) do update set quantity = c.quantity + excluded.quantity, cents = c.cents + excluded.cents
$$;
COMMENT ON FUNCTION pipeline_internal.record_search(p_user_id uuid, p_model text, p_tokens bigint) IS 'Adds the tokens of an embedded question to the user''s searches of the day.';
REVOKE ALL ON FUNCTION pipeline_internal.record_search(p_user_id uuid, p_model text, p_tokens bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_setting_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  -- The address of a chat's webhook is a secret.
  v_hidden constant text[] := array['url', 'user_id'];
  v_old jsonb := case when tg_op in ('UPDATE', 'DELETE') then to_jsonb(old) end;
  v_new jsonb := case when tg_op in ('INSERT', 'UPDATE') then to_jsonb(new) end;
  v_row jsonb := coalesce(v_new, v_old);
  v_changed text[] := array(
    select k from jsonb_object_keys(v_row) k where v_old -> k is distinct from v_new -> k order by k);
  v_user_id uuid := (v_row ->> 'user_id')::uuid;
begin
  if tg_op <> 'TRUNCATE' and v_changed = '{}' then return null; end if;
  -- The deletion of a user removes the user's settings; this is no change by an operator.
  if v_user_id is not null and not exists (select from auth.users where id = v_user_id) then return null; end if;
  perform pipeline_internal.record_audit_entry(
    'setting_changed', v_user_id, p_actor => 'operator', p_details => jsonb_strip_nulls(jsonb_build_object(
      'setting', tg_table_name, 'change', lower(tg_op), 'columns', to_jsonb(v_changed),
      'row', (select jsonb_object_agg(k, v_row -> k) from unnest(tg_argv) k where k <> all (v_hidden)),
      'from', (select jsonb_object_agg(k, v_old -> k) from unnest(v_changed) k where v_old ? k and k <> all (v_hidden)),
      'to', (select jsonb_object_agg(k, v_new -> k) from unnest(v_changed) k where v_new ? k and k <> all (v_hidden)),
      -- The pipeline's own connections set application_name: the pipeline disables an endpoint that is gone for good.
      'application', nullif(current_setting('application_name'), ''))));
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.record_setting_change() IS 'Writes an audit entry for each row of settings that changes: its key, and the old and new values. Arguments: the key columns.';
REVOKE ALL ON FUNCTION pipeline_internal.record_setting_change() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_sign_up(p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Auth invents a user so as not to reveal that an address is taken.
  if exists (select from auth.users where id = p_user_id) then
    perform pipeline_internal.record_consent(p_user_id, p_consent_version, p_request_id, p_network, 'sign_up');
  else
    perform pipeline_internal.record_audit_entry('sign_up', p_request_id => p_request_id, p_network => p_network);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.record_sign_up(p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr) IS 'Records a sign-up through the API, with the version of the terms that the user agreed to.';
REVOKE ALL ON FUNCTION pipeline_internal.record_sign_up(p_user_id uuid, p_consent_version text, p_request_id text, p_network cidr) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.record_warnings(p_job upload_pipeline.upload_jobs, p_warnings jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_known jsonb;
begin
  select warnings into v_known from upload_pipeline.documents where document_id = p_job.document_id for update;
  update upload_pipeline.documents set warnings = p_warnings where document_id = p_job.document_id;
  -- A warning that the document had before is no new event.
  perform pipeline_internal.record_error(p_job, 'warning', p_job.status, w ->> 'code', w ->> 'message')
  from jsonb_array_elements(p_warnings) with ordinality given (w, ord)
  where not v_known @> jsonb_build_array(w)
  order by ord;
end $$;
COMMENT ON FUNCTION pipeline_internal.record_warnings(p_job upload_pipeline.upload_jobs, p_warnings jsonb) IS 'Replaces the document''s warnings; each new one becomes an event. p_warnings: [{code, message, pages}].';
REVOKE ALL ON FUNCTION pipeline_internal.record_warnings(p_job upload_pipeline.upload_jobs, p_warnings jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.redrive(p_job_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Lock order: the user before the user's rows; see end_work_of_account.
  perform from auth.users u
  where u.id = (select j.user_id from upload_pipeline.upload_jobs j where j.job_id = p_job_id) for key share;
  if not pipeline_internal.redrive_job(p_job_id) then return false; end if;
  perform pipeline_internal.record_audit_entry('redrive', j.user_id, j.job_id) from upload_pipeline.upload_jobs j
  where j.job_id = p_job_id;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.redrive(p_job_id uuid) IS 'For operators: takes the job out of the dead letter, and writes an audit entry with the role. False: the job is not in the dead letter.';
REVOKE ALL ON FUNCTION pipeline_internal.redrive(p_job_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.redrive_all(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_dry_run boolean DEFAULT true, p_document_id uuid DEFAULT NULL::uuid, p_selection text DEFAULT NULL::text, p_limit integer DEFAULT NULL::integer) RETURNS TABLE(job_count bigint, page_count bigint, jobs_of_unknown_length bigint, token_count bigint, cost_cents numeric, redriven_count bigint, selection text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_selected uuid[] := array(
    select j.job_id from upload_pipeline.upload_jobs j
    where j.state = 'deadletter' and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_document_id is null or j.document_id = p_document_id)
      and (p_from is null or j.finished_at >= p_from) and (p_until is null or j.finished_at < p_until)
    order by j.finished_at);
  v_job_ids uuid[];
begin
  redriven_count := 0;
  select count(*),
         coalesce(sum(d.page_count) filter (where j.status = 'failed_parse'), 0),
         count(*) filter (where j.status = 'failed_parse' and d.page_count is null),
         coalesce(sum((
           select sum(unpaid.tokens)
           from (
             select max(c.token_count) as tokens from pipeline_internal.pending_chunks c
             where c.document_id = j.document_id
               and not exists (
                 select from pipeline_internal.pending_vectors v
                 where v.document_id = c.document_id and v.chunk_sha = c.chunk_sha)
             group by c.chunk_sha
           ) unpaid)), 0)
  into job_count, page_count, jobs_of_unknown_length, token_count
  from upload_pipeline.upload_jobs j join upload_pipeline.documents d using (document_id)
  where j.job_id = any (v_selected);

  cost_cents := round(pipeline_internal.expected_cents(page_count, token_count), 4);
  selection := pipeline_internal.selection_digest(v_selected);

  if not p_dry_run then
    if p_selection <> selection then
      raise exception using
        errcode = 'object_not_in_prerequisite_state',
        message = format(
          'The dead letter has changed since the dry run: %s of its documents match now. Nothing was redriven.',
          job_count),
        hint = 'Look at a new dry run.';
    end if;
    v_job_ids := v_selected[:coalesce(p_limit, cardinality(v_selected))];
    -- Locks in the order of every redrive: users, then jobs, without those that another transaction holds, then user
    -- queues.
    perform from auth.users u
    where u.id in (select j.user_id from upload_pipeline.upload_jobs j where j.job_id = any (v_job_ids))
    order by u.id for key share;
    v_job_ids := array(
      select j.job_id from upload_pipeline.upload_jobs j
      where j.job_id = any (v_job_ids) and j.state = 'deadletter' order by j.finished_at for update skip locked);
    perform pipeline_internal.lock_user_queue(u.user_id) from (
      select distinct user_id from upload_pipeline.upload_jobs where job_id = any (v_job_ids) order by 1) u;
    select count(*) filter (where pipeline_internal.redrive(id)) into redriven_count from unnest(v_job_ids) id;
    -- Without those that were left out because another transaction holds them: they are the next call's first.
    selection := pipeline_internal.selection_digest(v_selected);
  end if;
  return next;
end $$;
COMMENT ON FUNCTION pipeline_internal.redrive_all(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean, p_document_id uuid, p_selection text, p_limit integer) IS 'Redrives the jobs that failed with this code, of this user, in this time, or of this document, oldest first. Dry by default: only counts the jobs, the pages and tokens that LlamaParse and OpenAI would charge for, and their list price. The price leaves out jobs whose pages were never counted. selection names what was counted; a call with it as p_selection redrives exactly these jobs or, if they have changed, raises object_not_in_prerequisite_state. With p_limit only so many, and selection then names the rest.';
REVOKE ALL ON FUNCTION pipeline_internal.redrive_all(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean, p_document_id uuid, p_selection text, p_limit integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.redrive_job(p_job_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_job upload_pipeline.upload_jobs;
  v_stage text;
begin
  select j.* into v_job from upload_pipeline.upload_jobs j
  where j.job_id = p_job_id and j.state = 'deadletter' for update;
  if not found then return false; end if;

  select s.redrive_stage into strict v_stage
  from pipeline_internal.stages s where s.stage = v_job.last_error ->> 'stage';
  if v_stage = 'parse' then
    perform pipeline_internal.admit(p_job_id, v_job.user_id);
  else
    perform pipeline_internal.enqueue(array[p_job_id], v_stage);
  end if;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.redrive_job(p_job_id uuid) IS 'Takes a job out of the dead letter and begins its failed stage once more. False: the job is not in the dead letter.';
REVOKE ALL ON FUNCTION pipeline_internal.redrive_job(p_job_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.refilled(p_provider pipeline_internal.providers) RETURNS pipeline_internal.providers
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_now timestamptz := clock_timestamp();
  v_minutes double precision := extract(epoch from v_now - p_provider.refilled_at) / 60;
begin
  p_provider.request_level := least(
    p_provider.request_burst, p_provider.request_level + v_minutes * p_provider.requests_per_minute);
  p_provider.token_level := least(
    p_provider.token_burst, p_provider.token_level + v_minutes * p_provider.tokens_per_minute);
  p_provider.refilled_at := v_now;
  return p_provider;
end $$;
COMMENT ON FUNCTION pipeline_internal.refilled(p_provider pipeline_internal.providers) IS 'The provider with its buckets refilled up to now. Writes nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.refilled(p_provider pipeline_internal.providers) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.refresh_statistics() RETURNS SETOF regclass
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_table regclass;
begin
  for v_table in
    select c.oid from pg_class c
    where c.relkind = 'r' and c.relnamespace in (
        'upload_pipeline'::regnamespace, 'pipeline_internal'::regnamespace, 'pgmq'::regnamespace)
      and pg_has_role(c.relowner, 'usage')
      and pg_stat_get_live_tuples(c.oid) > 2 * greatest(c.reltuples, 50)
  loop
    -- Autovacuum may be analysing the table already.
    execute format('analyze (skip_locked) %s', v_table);
    return next v_table;
  end loop;
end $$;
COMMENT ON FUNCTION pipeline_internal.refresh_statistics() IS 'Analyses the tables with more than twice the rows that their statistics say, and returns them: every session then plans again. Tables with fewer than a hundred rows may be scanned.';
REVOKE ALL ON FUNCTION pipeline_internal.refresh_statistics() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.refuse_delivery(p_reason text, p_request_id text, p_network cidr DEFAULT NULL::cidr) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select pipeline_internal.record_audit_entry(
    'webhook_refused', p_request_id => p_request_id, p_network => p_network, p_actor => 'visitor',
    p_details => jsonb_build_object('reason', left(p_reason, 200)))
$$;
COMMENT ON FUNCTION pipeline_internal.refuse_delivery(p_reason text, p_request_id text, p_network cidr) IS 'Records a refused call of the webhook: unsigned, forged, malformed or too large.';
REVOKE ALL ON FUNCTION pipeline_internal.refuse_delivery(p_reason text, p_request_id text, p_network cidr) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.refuse_settings(p_faults jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if p_faults is not null then
    raise exception '%', (
      select string_agg(f.key || ' ' || f.value, '; ' order by f.key) || '.' from jsonb_each_text(p_faults) f)
      using errcode = 'invalid_parameter_value', detail = p_faults::text;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.refuse_settings(p_faults jsonb) IS '@throws invalid_parameter_value if there are faults (column → fault), with them as its detail.';
REVOKE ALL ON FUNCTION pipeline_internal.refuse_settings(p_faults jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.register_upload(p_user_id uuid, p_filename text, p_mime text, p_bytes_len bigint, p_sha256 text, p_ocr boolean, p_request_id text, p_network cidr DEFAULT NULL::cidr, p_filename_full text DEFAULT NULL::text, p_policy_id text DEFAULT NULL::text, OUT outcome text, OUT job_id uuid, OUT document_id uuid, OUT raw_path text, OUT filename text, OUT last_uploaded timestamp with time zone, OUT upload_expires_at timestamp with time zone, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
  v_limits pipeline_internal.limits;
  v_document_id uuid := pipeline_internal.document_id(p_user_id, p_sha256);
  v_document upload_pipeline.documents;
  v_job upload_pipeline.upload_jobs;
  v_held record;
  v_entry record;
  v_budget record;
begin
  select * into strict v_limits from pipeline_internal.limits;
  if p_bytes_len > v_limits.max_file_bytes then
    outcome := 'too_large';
    limit_value := v_limits.max_file_bytes;
    return;
  end if;
  -- Of an unknown type, the pipeline checks the bytes when they arrive.
  if p_mime <> all (v_limits.allowed_mime_types || array['application/octet-stream']) then
    outcome := 'unsupported_type';
    return;
  end if;

  if pipeline_internal.lacks_consent(p_user_id) then
    outcome := 'consent_required';
    return;
  end if;

  -- Serializes the registrations of one user, so that the checks below hold under concurrency.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.register_upload:' || p_user_id, 0));

  -- Locks the user and the job first: this waits for a concurrent deletion, which then leaves nothing.
  perform from auth.users u where u.id = p_user_id for key share;
  select * into v_job from upload_pipeline.upload_jobs j where j.document_id = v_document_id for update;
  if found then
    select * into strict v_document from upload_pipeline.documents d where d.document_id = v_document_id;
    if v_job.state = 'deadletter' and pipeline_internal.is_final(v_job, p_ocr, p_has_bytes => true) then
      outcome := 'refused';
      reason := v_job.last_error;
    elsif v_job.status <> 'awaiting_upload' and v_job.state <> 'deadletter' and v_job.status <> 'expired' then
      outcome := 'duplicate';
    end if;
    if outcome is not null then
      job_id := v_job.job_id;
      document_id := v_document_id;
      raw_path := v_document.raw_path;
      filename := v_document.filename;
      last_uploaded := v_document.created_at;
      return;
    end if;
  end if;

  if v_limits.monthly_budget_cents is not null or pipeline_internal.budget_of(p_user_id) is not null then
    select * into v_budget from pipeline_internal.exceeded_budget(
      p_user_id, pipeline_internal.document_cents(p_mime, p_bytes_len, v_document.page_count));
    if found then
      outcome := v_budget.scope || '_budget_spent';
      limit_value := round(v_budget.monthly_cents);
      retry_after_seconds := ceil(extract(epoch from
        (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc' - clock_timestamp()));
      return;
    end if;
  end if;

  v_held := pipeline_internal.storage_usage(p_user_id, v_document_id);
  if v_held.document_count >= v_limits.documents_per_user then
    outcome := 'too_many_documents';
    limit_value := v_limits.documents_per_user;
    return;
  end if;
  if v_held.byte_count + p_bytes_len > v_limits.bytes_per_user then
    outcome := 'too_many_bytes';
    limit_value := v_limits.bytes_per_user;
    return;
  end if;

  -- Counts registrations, not documents, so deleting a document gives none back. A registration that still awaits its
  -- bytes counts once a day.
  if v_job.job_id is null or v_job.status <> 'awaiting_upload'
    or v_job.counted_at < clock_timestamp() - interval '1 day' then
    v_entry := pipeline_internal.consume_paid_request(p_user_id);
    if v_entry.limit_name is not null then
      outcome := 'daily_limit';
      limit_name := v_entry.limit_name;
      limit_value := v_entry.limit_value;
      retry_after_seconds := v_entry.retry_after_seconds;
      return;
    end if;
    v_job.counted_at := clock_timestamp();
  end if;

  upload_expires_at := clock_timestamp() + make_interval(secs => v_limits.upload_url_seconds);
  if v_job.job_id is not null then
    outcome := 'resumed';
    insert into pipeline_internal.file_cleanups (path)
    select o.name from storage.objects o
    where o.bucket_id = 'files' and o.name = v_document.original_path;
    update upload_pipeline.documents d
    set filename = p_filename, filename_full = p_filename_full, bytes_len = p_bytes_len, mime = p_mime,
        policy_id = p_policy_id, warnings = '[]', updated_at = clock_timestamp(), verified_at = null,
        -- The next upload is another file than the previous one until a worker has verified it.
        original_path = case when v_job.status = 'awaiting_upload' then d.original_path
                             else pipeline_internal.new_original_path(d.raw_path) end
    where d.document_id = v_document_id
    returning * into v_document;
    update upload_pipeline.upload_jobs j
    set status = 'awaiting_upload', state = 'queued', finished_at = null, last_error = null, next_attempt_at = null,
        waiting_for = null, ocr = p_ocr, pages_to_read = null, is_page_reparse = false,
        correlation_id = p_request_id, updated_at = clock_timestamp(),
        counted_at = v_job.counted_at, upload_expires_at = register_upload.upload_expires_at
    where j.job_id = v_job.job_id;
    perform pipeline_internal.close_submission(v_job.job_id, 'superseded');
    delete from pipeline_internal.file_cleanups r where r.path in (v_document.raw_path, v_document.parsed_path);
  else
    outcome := 'created';
    insert into upload_pipeline.documents (
      document_id, user_id, filename, filename_full, mime, bytes_len, file_sha256, policy_id, raw_path)
    values (v_document_id, p_user_id, p_filename, p_filename_full, p_mime, p_bytes_len, p_sha256, p_policy_id,
            format('user/%s/raw/%s.%s', p_user_id, v_document_id, pipeline_internal.file_extension(p_mime)))
    returning * into v_document;
    insert into upload_pipeline.upload_jobs (document_id, user_id, ocr, correlation_id, upload_expires_at)
    values (v_document_id, p_user_id, p_ocr, p_request_id, register_upload.upload_expires_at)
    returning * into v_job;
  end if;
  perform pipeline_internal.record_audit_entry(
    'upload', p_user_id, v_document_id, p_request_id, p_network, jsonb_build_object('outcome', outcome));
  job_id := v_job.job_id;
  document_id := v_document_id;
  raw_path := v_document.raw_path;
  filename := v_document.filename;
  last_uploaded := v_document.created_at;
end $$;
COMMENT ON FUNCTION pipeline_internal.register_upload(p_user_id uuid, p_filename text, p_mime text, p_bytes_len bigint, p_sha256 text, p_ocr boolean, p_request_id text, p_network cidr, p_filename_full text, p_policy_id text, OUT outcome text, OUT job_id uuid, OUT document_id uuid, OUT raw_path text, OUT filename text, OUT last_uploaded timestamp with time zone, OUT upload_expires_at timestamp with time zone, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) IS 'Registers a document of the user. Outcome: created; resumed (it never finished, or failed); duplicate; refused, because these bytes failed with an error of class document, which is in reason in the form of last_error; or the name of the limit or budget that refuses it, for a daily limit in limit_name. A refused registration writes nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.register_upload(p_user_id uuid, p_filename text, p_mime text, p_bytes_len bigint, p_sha256 text, p_ocr boolean, p_request_id text, p_network cidr, p_filename_full text, p_policy_id text, OUT outcome text, OUT job_id uuid, OUT document_id uuid, OUT raw_path text, OUT filename text, OUT last_uploaded timestamp with time zone, OUT upload_expires_at timestamp with time zone, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.reject(p_job upload_pipeline.upload_jobs, p_code text, p_message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_failed_status text;
begin
  select failed_status into strict v_failed_status from pipeline_internal.stages where stage = p_job.stage;
  perform pipeline_internal.delete_messages(p_job.stage, array[p_job.message_id]);
  -- A document with chunks was to be parsed once more.
  if v_failed_status = 'failed_parse' and exists (
    select from upload_pipeline.document_chunks where document_id = p_job.document_id
  ) then
    perform pipeline_internal.keep_complete(p_job, p_code, p_message);
    return;
  end if;

  update upload_pipeline.upload_jobs
  set status = v_failed_status, state = 'deadletter', stage = null, message_id = null, next_attempt_at = null,
      waiting_for = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
      retry_count = retry_count + 1,
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'failure', v_failed_status, p_code, p_message))
  where job_id = p_job.job_id;
  if v_failed_status = 'failed_parse' then
    perform pipeline_internal.remove_late_upload(p_job.document_id);
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.reject(p_job upload_pipeline.upload_jobs, p_code text, p_message text) IS 'Moves the job to the dead letter with its failed_* status and the error. A document with chunks stays complete instead. The caller advances the owner''s user queue, after everything else that it locks.';
REVOKE ALL ON FUNCTION pipeline_internal.reject(p_job upload_pipeline.upload_jobs, p_code text, p_message text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.release_key(p_user_id uuid, p_key text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  delete from pipeline_internal.idempotency_keys where user_id = p_user_id and key = p_key and answer is null
$$;
COMMENT ON FUNCTION pipeline_internal.release_key(p_user_id uuid, p_key text) IS 'Releases the key of a request that was refused or failed, so that the client can try again.';
REVOKE ALL ON FUNCTION pipeline_internal.release_key(p_user_id uuid, p_key text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.remove_endpoint(p_name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_endpoint_id uuid;
begin
  delete from pipeline_internal.endpoints where name = p_name returning endpoint_id into v_endpoint_id;
  if not found then return false; end if;
  delete from vault.secrets
  where name in (
    pipeline_internal.endpoint_secret_name(v_endpoint_id),
    pipeline_internal.endpoint_secret_name(v_endpoint_id) || '_previous');
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.remove_endpoint(p_name text) IS 'Removes an endpoint with its pending notifications and its secret. False: there is no endpoint of this name.';
REVOKE ALL ON FUNCTION pipeline_internal.remove_endpoint(p_name text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.remove_if_orphaned(p_path text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_document_id uuid := pipeline_internal.document_of_path(p_path);
begin
  if v_document_id is null then return false; end if;
  perform pipeline_internal.lock_files(v_document_id);
  if exists (
    select from upload_pipeline.documents d
    where d.document_id = v_document_id
      and (p_path in (d.original_path, d.parsed_path, pipeline_internal.parsed_path(d.user_id, d.document_id))
           or p_path = d.raw_path and pipeline_internal.awaits_original(d)
           or p_path in (
             select pipeline_internal.parsed_path(d.user_id, d.document_id, s.submission_id)
             from upload_pipeline.upload_jobs j join pipeline_internal.submissions s using (job_id)
             where j.document_id = d.document_id and s.finished_at is null))
  ) then
    return false;
  end if;

  insert into pipeline_internal.file_cleanups (path) values (p_path);
  perform pipeline_internal.call_worker('cleanup');
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.remove_if_orphaned(p_path text) IS 'Queues the removal of a file if its document is deleted, has been parsed again, or has its bytes already: a running stage stored it too late, or a client sent it to an old signed URL. False: a document needs it, or it is no file of the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.remove_if_orphaned(p_path text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.remove_late_upload(p_document_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into pipeline_internal.file_cleanups (path)
  select o.name
  from upload_pipeline.documents d
  join storage.objects o on o.bucket_id = 'files' and o.name = d.raw_path
  where d.document_id = p_document_id
$$;
COMMENT ON FUNCTION pipeline_internal.remove_late_upload(p_document_id uuid) IS 'Queues the removal of a file that arrived on the upload path after a worker had moved the bytes. Later arrivals are handled when they arrive.';
REVOKE ALL ON FUNCTION pipeline_internal.remove_late_upload(p_document_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.remove_orphans() RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- The query acquires the locks of many documents in no order, so it must not wait for any; a locked document is
  -- checked in the next run.
  select count(*) filter (where case
    when pipeline_internal.lock_files(pipeline_internal.document_of_path(o.name), p_nowait => true)
    then pipeline_internal.remove_if_orphaned(o.name) end)
  from storage.objects o
  left join upload_pipeline.documents d on d.document_id = pipeline_internal.document_of_path(o.name)
  where o.bucket_id = 'files' and o.updated_at < now() - interval '1 hour'
    and (d.document_id is null or (o.name <> d.original_path and o.name is distinct from d.parsed_path))
    and not exists (select from pipeline_internal.file_cleanups r where r.path = o.name)
$$;
COMMENT ON FUNCTION pipeline_internal.remove_orphans() IS 'Finds files that no document needs and whose arrival no trigger handled.';
REVOKE ALL ON FUNCTION pipeline_internal.remove_orphans() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.reparse_document(p_user_id uuid, p_document_id uuid, p_pages integer[], p_is_unread boolean, p_ocr boolean, p_request_id text DEFAULT NULL::text, p_network cidr DEFAULT NULL::cidr, OUT outcome text, OUT job_id uuid, OUT status text, OUT pages integer[], OUT page_count integer, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_limits pipeline_internal.limits;
  v_document upload_pipeline.documents;
  v_job upload_pipeline.upload_jobs;
  v_budget record;
  v_entry record;
begin
  select * into strict v_limits from pipeline_internal.limits;
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.register_upload:' || p_user_id, 0));
  perform from auth.users u where u.id = p_user_id for key share;
  select * into v_job from upload_pipeline.upload_jobs j
  where j.document_id = p_document_id and j.user_id = p_user_id for update;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  select * into strict v_document from upload_pipeline.documents d where d.document_id = p_document_id;
  job_id := v_job.job_id;
  status := v_job.status;
  page_count := v_document.page_count;

  if v_document.mime in ('text/plain', 'text/markdown') then
    outcome := 'not_parsed';
    return;
  end if;
  if v_job.status not in ('complete', 'failed_parse') then
    outcome := 'busy';
    return;
  end if;
  if v_job.status = 'failed_parse' and pipeline_internal.is_final(v_job, p_ocr) then
    outcome := 'refused';
    reason := v_job.last_error;
    return;
  end if;
  -- A document that was never parsed has nothing to keep: all of its pages are parsed.
  pages := case
    when v_job.status = 'failed_parse' then null
    when p_is_unread then pipeline_internal.unread_pages(v_document.warnings, coalesce(p_ocr, false))
    else array(select distinct p from unnest(p_pages) p order by p) end;
  if v_job.status = 'complete' and p_is_unread and pages = '{}' then
    outcome := 'nothing_unread';
    return;
  end if;
  if p_pages is null and not p_is_unread then
    pages := null;
  elsif 1 > any (pages) or v_document.page_count < any (pages)
        or v_document.page_count is null and pages is not null then
    outcome := 'no_such_page';
    return;
  end if;

  if v_limits.monthly_budget_cents is not null or pipeline_internal.budget_of(p_user_id) is not null then
    select * into v_budget from pipeline_internal.exceeded_budget(
      p_user_id, pipeline_internal.document_cents(
        v_document.mime, v_document.bytes_len, coalesce(cardinality(pages), v_document.page_count)));
    if found then
      outcome := v_budget.scope || '_budget_spent';
      limit_value := round(v_budget.monthly_cents);
      retry_after_seconds := ceil(extract(epoch from
        (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc' - clock_timestamp()));
      return;
    end if;
  end if;
  v_entry := pipeline_internal.consume_paid_request(p_user_id);
  if v_entry.limit_name is not null then
    outcome := 'daily_limit';
    limit_name := v_entry.limit_name;
    limit_value := v_entry.limit_value;
    retry_after_seconds := v_entry.retry_after_seconds;
    return;
  end if;

  update upload_pipeline.upload_jobs j
  set pages_to_read = reparse_document.pages, ocr = coalesce(p_ocr, ocr), is_page_reparse = false,
      correlation_id = p_request_id, counted_at = clock_timestamp(), updated_at = clock_timestamp()
  where j.job_id = v_job.job_id;
  perform pipeline_internal.close_submission(v_job.job_id, 'superseded');
  perform pipeline_internal.admit(v_job.job_id, p_user_id);
  select j.status, j.ocr into strict v_job.status, v_job.ocr
  from upload_pipeline.upload_jobs j where j.job_id = v_job.job_id;
  status := v_job.status;
  perform pipeline_internal.record_audit_entry(
    'reparse', p_user_id, p_document_id, p_request_id, p_network,
    jsonb_build_object('pages', to_jsonb(pages), 'ocr', v_job.ocr));
  outcome := 'accepted';
end $$;
COMMENT ON FUNCTION pipeline_internal.reparse_document(p_user_id uuid, p_document_id uuid, p_pages integer[], p_is_unread boolean, p_ocr boolean, p_request_id text, p_network cidr, OUT outcome text, OUT job_id uuid, OUT status text, OUT pages integer[], OUT page_count integer, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) IS 'Queues a reparse of the user''s document: of p_pages, of all unread pages (p_is_unread), or of all pages (neither). p_ocr null: with OCR if it was used before. It counts as an upload of the day. status: the document''s new status. accepted: the pages (null: all) wait like an upload; unknown: no such document; not_parsed: text, which needs no parser; busy: it is being processed; nothing_unread; no_such_page: beyond page_count; refused: it failed with an error of class document, which is in reason; or a limit or budget, as register_upload reports it. Otherwise nothing changes.';
REVOKE ALL ON FUNCTION pipeline_internal.reparse_document(p_user_id uuid, p_document_id uuid, p_pages integer[], p_is_unread boolean, p_ocr boolean, p_request_id text, p_network cidr, OUT outcome text, OUT job_id uuid, OUT status text, OUT pages integer[], OUT page_count integer, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.reparse_pages(p_job upload_pipeline.upload_jobs, p_output jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_output pipeline_internal.fetch_result_output :=
    jsonb_populate_record(null::pipeline_internal.fetch_result_output, p_output);
begin
  v_output.submission_outcome := 'reparse_pages';
  perform pipeline_internal.complete_fetch_result(p_job, v_output);
  update upload_pipeline.upload_jobs
  set is_page_reparse = true, pages_to_read = v_output.pages_to_reparse
  where job_id = p_job.job_id;
  return 'parse';
end $$;
COMMENT ON FUNCTION pipeline_internal.reparse_pages(p_job upload_pipeline.upload_jobs, p_output jsonb) IS 'The parser failed on some pages: keeps what it read and returns the stage that submits these pages once more.';
REVOKE ALL ON FUNCTION pipeline_internal.reparse_pages(p_job upload_pipeline.upload_jobs, p_output jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.requeue(p_job_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update upload_pipeline.upload_jobs
  set message_id = (select sent.msg_id from pipeline_internal.send_messages(stage, array[job_id], array[0]) sent),
      -- An attempt whose message is lost can no longer settle.
      attempt_count = case when state = 'working' then greatest(attempt_count - 1, 0) else attempt_count end,
      state = 'queued', next_attempt_at = null, updated_at = clock_timestamp()
  where job_id = p_job_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.requeue(p_job_id uuid) IS 'Replaces a job''s lost message; the job continues in its stage.';
REVOKE ALL ON FUNCTION pipeline_internal.requeue(p_job_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.require_account(p_user_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if not exists (select from auth.users where id = p_user_id and deleted_at is null) then
    -- The Data API derives the HTTP status from this code.
    raise exception 'The account of this token was deleted.' using errcode = 'PT401';
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.require_account(p_user_id uuid) IS 'Refuses a user whose account was deleted, with PT401: an access token stays valid until it expires.';
REVOKE ALL ON FUNCTION pipeline_internal.require_account(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.require_caller() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_caller uuid := pipeline_access.caller_id();
begin
  if v_caller is null then
    raise exception 'This is for signed-in users.' using errcode = 'insufficient_privilege';
  end if;
  perform pipeline_internal.require_account(v_caller);
  return v_caller;
end $$;
COMMENT ON FUNCTION pipeline_internal.require_caller() IS 'The user of the request. @throws insufficient_privilege if there is none; PT401 if the account was deleted.';
REVOKE ALL ON FUNCTION pipeline_internal.require_caller() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.required_proof(p_user_id uuid, OUT has_password boolean, OUT second_factor boolean) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from auth.users u where u.id = p_user_id and u.encrypted_password <> ''), l.mfa_for_deletion
  from pipeline_internal.limits l
$$;
COMMENT ON FUNCTION pipeline_internal.required_proof(p_user_id uuid, OUT has_password boolean, OUT second_factor boolean) IS 'The proof that a user must give before the account is deleted: its password, if it has one, and a second factor, if mfa_for_deletion is set. An account that signs in by a provider or a mailed link alone has no password.';
REVOKE ALL ON FUNCTION pipeline_internal.required_proof(p_user_id uuid, OUT has_password boolean, OUT second_factor boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.resend(p_endpoint text) RETURNS bigint
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with again as (
    update pipeline_internal.outbox o
    set given_up_at = null, attempt_count = 0, due_at = clock_timestamp()
    from pipeline_internal.endpoints e
    where e.endpoint_id = o.endpoint_id and e.name = p_endpoint and o.delivered_at is null
    returning 1
  ) select count(*) from again
$$;
COMMENT ON FUNCTION pipeline_internal.resend(p_endpoint text) IS 'Makes every undelivered notification of this endpoint due now, including those that were given up; the sweeper wakes the worker. Returns their number.';
REVOKE ALL ON FUNCTION pipeline_internal.resend(p_endpoint text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.resend_notification(p_delivery_no bigint) RETURNS boolean
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with again as (
    update pipeline_internal.outbox o
    set given_up_at = null, attempt_count = 0, due_at = clock_timestamp()
    where o.delivery_no = p_delivery_no and o.delivered_at is null
    returning 1
  ) select exists (select from again)
$$;
COMMENT ON FUNCTION pipeline_internal.resend_notification(p_delivery_no bigint) IS 'Makes one undelivered notification due now, as resend does for all of an endpoint. False: it was delivered, or was withdrawn.';
REVOKE ALL ON FUNCTION pipeline_internal.resend_notification(p_delivery_no bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.reserve(p_provider text, p_requests real, p_tokens real) RETURNS double precision
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_provider pipeline_internal.providers;
  v_wait double precision;
begin
  select * into strict v_provider from pipeline_internal.providers where provider = p_provider for update;
  v_provider := pipeline_internal.refilled(v_provider);
  -- A request larger than the bucket passes when the bucket is full and leaves it negative.
  v_wait := greatest(
    (least(p_requests, v_provider.request_burst) - v_provider.request_level) / v_provider.requests_per_minute,
    (least(p_tokens, v_provider.token_burst) - v_provider.token_level) / v_provider.tokens_per_minute) * 60;
  if v_wait > 0 then return v_wait; end if;

  update pipeline_internal.providers
  set request_level = v_provider.request_level - p_requests, token_level = v_provider.token_level - p_tokens,
      refilled_at = v_provider.refilled_at
  where provider = p_provider;
  return 0;
end $$;
COMMENT ON FUNCTION pipeline_internal.reserve(p_provider text, p_requests real, p_tokens real) IS 'Takes requests and tokens from the provider''s buckets and returns 0, or takes nothing and returns the seconds until they hold enough.';
REVOKE ALL ON FUNCTION pipeline_internal.reserve(p_provider text, p_requests real, p_tokens real) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.reserve_costs(p_user_id uuid, p_job_ids uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_user_left numeric := pipeline_internal.budget_of(p_user_id);
  v_project_left numeric := (select monthly_budget_cents from pipeline_internal.limits);
  v_job record;
  v_affordable uuid[] := array[]::uuid[];
begin
  if (v_user_left is null and v_project_left is null) or cardinality(p_job_ids) = 0 then return p_job_ids; end if;

  -- Removes reservations of the user's documents that are no longer active. A row that a settlement has locked is
  -- removed later.
  delete from pipeline_internal.reservations where job_id in (
    select r.job_id
    from pipeline_internal.reservations r
    cross join lateral (select message_id from upload_pipeline.upload_jobs where job_id = r.job_id limit 1) j
    where r.user_id = p_user_id and j.message_id is null
    for update of r skip locked);

  v_user_left := v_user_left - pipeline_internal.committed_cents(p_user_id);
  if v_project_left is not null then
    -- Lock order: the last lock that this transaction waits for, after the locks of all user queues.
    perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.monthly_budget', 0));
    v_project_left := v_project_left - pipeline_internal.committed_cents();
  end if;

  for v_job in
    select j.job_id, pipeline_internal.document_cents(
             d.mime, d.bytes_len, coalesce(cardinality(j.pages_to_read), d.page_count)) as cents
    from unnest(p_job_ids) with ordinality given (job_id, ord)
    cross join lateral (select * from upload_pipeline.upload_jobs where job_id = given.job_id limit 1) j
    cross join lateral (select * from upload_pipeline.documents where document_id = j.document_id limit 1) d
    order by given.ord
  loop
    v_user_left := v_user_left - v_job.cents;
    v_project_left := v_project_left - v_job.cents;
    -- No document overtakes one that the budget does not cover.
    exit when v_user_left < 0 or v_project_left < 0;
    insert into pipeline_internal.reservations (job_id, user_id, cents) values (v_job.job_id, p_user_id, v_job.cents)
    on conflict (job_id) do update set cents = excluded.cents;
    v_affordable := v_affordable || v_job.job_id;
  end loop;
  return v_affordable;
end $$;
COMMENT ON FUNCTION pipeline_internal.reserve_costs(p_user_id uuid, p_job_ids uuid[]) IS 'Reserves the expected cost of the user''s waiting jobs, in this order, and returns those that the monthly budgets of the user and of the project cover. The caller holds the lock of the user queue, so no two documents reserve the same money, and then admits these jobs.';
REVOKE ALL ON FUNCTION pipeline_internal.reserve_costs(p_user_id uuid, p_job_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.resolve_unclaimable(p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_since timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_read record;
  v_job upload_pipeline.upload_jobs;
  v_user_ids uuid[] := array[]::uuid[];
begin
  for v_read in select * from unnest(p_job_ids, p_msg_ids) r (job_id, msg_id) loop
    -- The lock keeps a concurrent deletion from leaving events of a document that is gone.
    select * into v_job from upload_pipeline.upload_jobs j
    where j.job_id = v_read.job_id and j.stage = p_stage.stage and j.message_id = v_read.msg_id for update;
    if not found then
      -- The document was deleted, or the job has another message.
      perform pipeline_internal.delete_messages(p_stage.stage, array[v_read.msg_id]);
    elsif v_job.state <> 'working' then
      -- A suspect. claim_isolated finds it by its job.
      perform pipeline_internal.postpone_messages(
        p_stage.stage, array[v_read.msg_id], clock_timestamp() + pipeline_internal.isolation_hiding());
    elsif coalesce(v_job.claimed_at, '-infinity') < p_since then
      -- The worker of the latest attempt never settled.
      if pipeline_internal.lose_attempt(p_stage, v_job) then
        v_user_ids := v_user_ids || v_job.user_id;
      end if;
    elsif v_job.attempt_count > p_stage.max_attempts then
      -- An operator has lowered max_attempts since the latest attempt.
      perform pipeline_internal.reject(v_job, 'ATTEMPTS_EXHAUSTED', 'processing failed each time it was tried');
      v_user_ids := v_user_ids || v_job.user_id;
    end if;
  end loop;
  perform pipeline_internal.advance_user_queues(v_user_ids);
end $$;
COMMENT ON FUNCTION pipeline_internal.resolve_unclaimable(p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_since timestamp with time zone) IS 'Of messages read since p_since: deletes those whose job is gone, counts attempts that workers lost, hides suspects, and rejects jobs without an attempt left.';
REVOKE ALL ON FUNCTION pipeline_internal.resolve_unclaimable(p_stage pipeline_internal.stages, p_job_ids uuid[], p_msg_ids bigint[], p_since timestamp with time zone) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.resubmit(p_job upload_pipeline.upload_jobs, p_code text, p_message text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if (select count(*) from pipeline_internal.submissions
      where job_id = p_job.job_id and requested_at > clock_timestamp() - interval '1 day'
        and coalesce(outcome, '') not in ('collected', 'reparse_pages')) > 1 then
    perform pipeline_internal.close_submission(p_job.job_id, p_code);
    perform pipeline_internal.reject(p_job, p_code, p_message);
    return null;
  end if;

  perform pipeline_internal.close_submission(p_job.job_id, p_code);
  perform pipeline_internal.record_error(p_job, 'retry', p_job.status, p_code, p_message);
  update upload_pipeline.upload_jobs set retry_count = retry_count + 1 where job_id = p_job.job_id;
  return 'parse';
end $$;
COMMENT ON FUNCTION pipeline_internal.resubmit(p_job upload_pipeline.upload_jobs, p_code text, p_message text) IS 'The parser is stuck or failed for a reason that is not the document''s: closes the submission and returns the stage that submits once more. Null: the second time within a day, the job is rejected.';
REVOKE ALL ON FUNCTION pipeline_internal.resubmit(p_job upload_pipeline.upload_jobs, p_code text, p_message text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.resume_stage(p_stage text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update pipeline_internal.stages set paused_at = null, paused_because = null
  where stage = p_stage and paused_at is not null;
  if not found then return false; end if;
  if pipeline_internal.has_work(p_stage) then
    perform pipeline_internal.wake(p_stage);
  end if;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.resume_stage(p_stage text) IS 'Ends a pause and wakes the stage if a message is due. False: the stage was not paused.';
REVOKE ALL ON FUNCTION pipeline_internal.resume_stage(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.retry(p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_stage pipeline_internal.stages;
  v_delay double precision;
begin
  select * into strict v_stage from pipeline_internal.stages where stage = p_job.stage;
  if p_job.attempt_count >= v_stage.max_attempts then
    perform pipeline_internal.reject(p_job, p_code, p_message);
    return;
  end if;

  v_delay := least(
    v_stage.backoff_cap_seconds,
    v_stage.backoff_base_seconds * power(2, least(p_job.attempt_count - 1, 30)));
  v_delay := v_delay * (1 + v_stage.jitter * (2 * random() - 1));

  perform pipeline_internal.postpone(p_job, greatest(v_delay, p_after_seconds), 'retryable');
  update upload_pipeline.upload_jobs
  set retry_count = retry_count + 1, waiting_for = p_code,
      last_error = jsonb_build_object(
        'code', p_code, 'message', left(p_message, 2000), 'stage', p_job.stage,
        'reference', pipeline_internal.record_error(p_job, 'retry', p_job.status, p_code, p_message))
  where job_id = p_job.job_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.retry(p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision) IS 'Schedules another attempt after exponential backoff with jitter, or after p_after_seconds if that is longer. Rejects the job after its last attempt.';
REVOKE ALL ON FUNCTION pipeline_internal.retry(p_job upload_pipeline.upload_jobs, p_code text, p_message text, p_after_seconds double precision) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.retry_all(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_dry_run boolean DEFAULT true, p_limit integer DEFAULT NULL::integer) RETURNS TABLE(job_count bigint, retried_count bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_job record;
begin
  job_count := 0;
  retried_count := 0;
  -- In the order in which workers lock messages.
  for v_job in
    select j.job_id, j.user_id from upload_pipeline.upload_jobs j
    where j.state = 'retryable' and j.message_id is not null and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.updated_at >= p_from) and (p_until is null or j.updated_at < p_until)
    order by j.stage, j.message_id
  loop
    job_count := job_count + 1;
    if not p_dry_run and retried_count < coalesce(p_limit, job_count)
       and (select r.outcome = 'retried' from pipeline_internal.retry_job(v_job.user_id, v_job.job_id) r) then
      retried_count := retried_count + 1;
    end if;
  end loop;
  return next;
end $$;
COMMENT ON FUNCTION pipeline_internal.retry_all(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean, p_limit integer) IS 'Makes the jobs due now that wait for their next attempt after this error, of this user, failed in this time; with p_limit only so many. Dry by default. It costs what the next attempts cost anyway. retried_count leaves out jobs that were claimed meanwhile.';
REVOKE ALL ON FUNCTION pipeline_internal.retry_all(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean, p_limit integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.retry_job(p_user_id uuid, p_job_id uuid, p_request_id text DEFAULT NULL::text, p_network cidr DEFAULT NULL::cidr, OUT outcome text, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_seen upload_pipeline.upload_jobs;
  v_document upload_pipeline.documents;
  v_budget record;
  v_entry record;
begin
  perform from auth.users u where u.id = p_user_id for key share;
  select * into v_seen from upload_pipeline.upload_jobs j where j.job_id = p_job_id and j.user_id = p_user_id;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  outcome := 'not_retryable';

  if v_seen.state = 'deadletter' then
    select * into v_seen from upload_pipeline.upload_jobs j
    where j.job_id = p_job_id and j.state = 'deadletter' for update;
    if not found then return; end if;
    -- Operators retry without these checks, and the audit log does not count it as a request of the user.
    if p_request_id is not null then
      if pipeline_internal.is_final(v_seen) then
        outcome := 'refused';
        reason := v_seen.last_error;
        return;
      end if;
      select * into strict v_document from upload_pipeline.documents d where d.document_id = v_seen.document_id;
      select * into v_budget from pipeline_internal.exceeded_budget(
        p_user_id, case when v_seen.status = 'failed_parse'
          then pipeline_internal.document_cents(
            v_document.mime, v_document.bytes_len, coalesce(cardinality(v_seen.pages_to_read), v_document.page_count))
          else pipeline_internal.embedding_cents(coalesce(v_document.page_count, 1)) end);
      if found then
        outcome := v_budget.scope || '_budget_spent';
        limit_value := round(v_budget.monthly_cents);
        retry_after_seconds := ceil(extract(epoch from
          (pipeline_internal.budget_month() + interval '1 month') at time zone 'utc' - clock_timestamp()));
        return;
      end if;
      v_entry := pipeline_internal.consume_paid_request(p_user_id);
      if v_entry.limit_name is not null then
        outcome := 'daily_limit';
        limit_name := v_entry.limit_name;
        limit_value := v_entry.limit_value;
        retry_after_seconds := v_entry.retry_after_seconds;
        return;
      end if;
      update upload_pipeline.upload_jobs j set counted_at = clock_timestamp() where j.job_id = p_job_id;
    end if;
    if not pipeline_internal.redrive_job(p_job_id) then return; end if;
    perform pipeline_internal.record_audit_entry('retry', p_user_id, p_job_id, p_request_id, p_network);
    outcome := 'retried';
    return;
  end if;
  if v_seen.state <> 'retryable' then return; end if;

  -- Lock order: the message before the job, as in workers.
  perform pipeline_internal.lock_messages(v_seen.stage, array[v_seen.message_id]);
  update upload_pipeline.upload_jobs j
  set state = 'queued', next_attempt_at = null, waiting_for = null, updated_at = clock_timestamp()
  where j.job_id = p_job_id and j.state = 'retryable' and j.stage = v_seen.stage and j.message_id = v_seen.message_id;
  if not found then return; end if;
  perform pgmq.set_vt(v_seen.stage, v_seen.message_id, 0);
  perform pipeline_internal.wake(v_seen.stage);
  perform pipeline_internal.record_audit_entry('retry', p_user_id, p_job_id, p_request_id, p_network);
  outcome := 'retried';
end $$;
COMMENT ON FUNCTION pipeline_internal.retry_job(p_user_id uuid, p_job_id uuid, p_request_id text, p_network cidr, OUT outcome text, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) IS 'Retries a job of the user. retried: the job, which waited for its next attempt or was in the dead letter, is due now; not_retryable: it runs, waits for something else or is done; unknown: the user has no such job; refused: it failed with an error of class document, which is in reason; or a limit or budget, as register_upload reports it. A retry from the dead letter counts against the owner''s daily limit, unless an operator calls this without a request id. Otherwise the job does not change.';
REVOKE ALL ON FUNCTION pipeline_internal.retry_job(p_user_id uuid, p_job_id uuid, p_request_id text, p_network cidr, OUT outcome text, OUT limit_name text, OUT limit_value bigint, OUT retry_after_seconds integer, OUT reason jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.retry_or_wait_out(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_outage_seconds double precision := case
    when p_settlement.fault = 'transient' then pipeline_internal.outage_pause(p_stage.provider) end;
begin
  if v_outage_seconds is not null then
    perform pipeline_internal.pause(p_job, p_settlement.code, p_settlement.message, v_outage_seconds);
  else
    perform pipeline_internal.retry(
      p_job, p_settlement.code, p_settlement.message, coalesce(p_settlement.after_seconds, 0));
  end if;
end $$;
COMMENT ON FUNCTION pipeline_internal.retry_or_wait_out(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement) IS 'Retries a failed attempt. While the circuit of the provider that failed it is open, the job waits at no cost in attempts.';
REVOKE ALL ON FUNCTION pipeline_internal.retry_or_wait_out(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_settlement pipeline_internal.settlement) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.roll_up_events() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_most constant bigint := 100000;
  v_last bigint;
  v_xid xid8;
  v_done pipeline_internal.roll_up;
  v_oldest_xid xid8;
  v_to bigint;
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'roll_up_events must be the first to write in its transaction'
      using errcode = 'invalid_transaction_state';
  end if;
  -- Event numbers are assigned in order, but commit in any order. A transaction with a number up to v_last began to
  -- write before this one; so when no transaction is left that began before this one, all of those numbers are
  -- committed, or never will be.
  v_last := coalesce(pg_sequence_last_value('upload_pipeline.events_event_no_seq'), 0);
  v_xid := pg_current_xact_id();

  select * into v_done from pipeline_internal.roll_up for update skip locked;
  if not found then return 0; end if;

  v_oldest_xid := pg_snapshot_xmin(pg_current_snapshot());
  v_to := case
    when v_oldest_xid >= v_xid then v_last
    when v_oldest_xid >= v_done.seen_xid then v_done.seen_to
    else v_done.counted_to end;
  -- Limits a run after an outage of pg_cron.
  v_to := least(v_to, v_done.counted_to + v_most);
  if v_to > v_done.counted_to then
    perform pipeline_internal.count_events(v_done.counted_to, v_to);
    perform pipeline_internal.record_history(v_done.counted_to, v_to);
    delete from pipeline_internal.deleted_events where event_no <= v_to and document_id not in (
      select document_id from pipeline_internal.deleted_events where event_no > v_to);
  end if;
  update pipeline_internal.roll_up
  set counted_to = greatest(counted_to, v_to),
      seen_to = case when v_oldest_xid >= seen_xid then v_last else seen_to end,
      seen_xid = case when v_oldest_xid >= seen_xid then v_xid else seen_xid end;
  -- After an outage, further events of past hours follow in the next run.
  if v_to < v_done.counted_to + v_most then
    perform pipeline_internal.compact_stage_transitions();
  end if;
  return v_to - v_done.counted_to;
end $$;
COMMENT ON FUNCTION pipeline_internal.roll_up_events() IS 'Counts new events, each exactly once, including those of deleted documents, and returns by how many numbers it advanced. Events of transactions that may still be running wait for the next run. Returns 0, without effect, while another session runs it.';
REVOKE ALL ON FUNCTION pipeline_internal.roll_up_events() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.rotate_endpoint_secret(p_name text, p_overlap interval DEFAULT '1 day'::interval, p_secret text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_endpoint_id uuid;
  v_present text;
  v_secret text := pipeline_internal.new_endpoint_secret(p_secret);
begin
  if p_overlap is null or p_overlap < interval '0' or p_overlap > interval '30 days' then
    raise exception 'the overlap must be between 0 and 30 days' using errcode = 'invalid_parameter_value';
  end if;
  update pipeline_internal.endpoints set previous_secret_until = clock_timestamp() + p_overlap
  where name = p_name
  returning endpoint_id into v_endpoint_id;
  if not found then
    raise exception 'unknown endpoint: %', p_name using errcode = 'no_data_found';
  end if;
  v_present := pipeline_internal.endpoint_secret(v_endpoint_id);
  delete from vault.secrets
  where name in (
    pipeline_internal.endpoint_secret_name(v_endpoint_id),
    pipeline_internal.endpoint_secret_name(v_endpoint_id) || '_previous');
  perform vault.create_secret(v_secret, pipeline_internal.endpoint_secret_name(v_endpoint_id));
  if v_present is not null then
    perform vault.create_secret(v_present, pipeline_internal.endpoint_secret_name(v_endpoint_id) || '_previous');
  end if;
  return v_secret;
end $$;
COMMENT ON FUNCTION pipeline_internal.rotate_endpoint_secret(p_name text, p_overlap interval, p_secret text) IS 'Gives the endpoint a new secret and returns it. During the overlap, up to 30 days, each notification has two signatures, so that a receiver with either secret accepts it, and no pending notification is lost.';
REVOKE ALL ON FUNCTION pipeline_internal.rotate_endpoint_secret(p_name text, p_overlap interval, p_secret text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.save_uncounted_events() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Read without a lock: the next count ignores rows that were kept needlessly.
  insert into pipeline_internal.deleted_events (event_no, document_id, type, status, stage, code, created_at)
  select event_no, document_id, type, status, stage, code, created_at
  from gone
  where document_id in (
    select document_id from gone where event_no > (select counted_to from pipeline_internal.roll_up));
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.save_uncounted_events() IS 'Keeps events for the counters when they are deleted, with a document or by age. Runs as its owner: Auth deletes users, and with them their events.';
REVOKE ALL ON FUNCTION pipeline_internal.save_uncounted_events() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.search_text(p_headings tsvector, p_text tsvector, p_filename tsvector) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return setweight(p_headings, 'B') || p_text || p_filename;
end $$;
COMMENT ON FUNCTION pipeline_internal.search_text(p_headings tsvector, p_text tsvector, p_filename tsvector) IS 'The words by which a search finds a chunk: those of its text, of its headings, which have more weight, and of the file name.';
CREATE FUNCTION pipeline_internal.search_text(p_language text, p_filename text, p_context text, p_text text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  v_config regconfig := pipeline_words.config(p_language);
begin
  return pipeline_internal.search_text(
    pipeline_words.vector(v_config, pipeline_internal.headings(p_context, p_text)),
    pipeline_words.vector(v_config, p_text), pipeline_words.vector(v_config, p_filename));
end $$;
COMMENT ON FUNCTION pipeline_internal.search_text(p_language text, p_filename text, p_context text, p_text text) IS 'The same, computed from the texts of one chunk.';
REVOKE ALL ON FUNCTION pipeline_internal.search_text(p_headings tsvector, p_text tsvector, p_filename tsvector) FROM PUBLIC;
REVOKE ALL ON FUNCTION pipeline_internal.search_text(p_language text, p_filename text, p_context text, p_text text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.selection_digest(p_job_ids uuid[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select md5(coalesce(string_agg(j.job_id || ' ' || j.finished_at::text, ',' order by j.job_id), ''))
  from upload_pipeline.upload_jobs j where j.job_id = any (p_job_ids) and j.state = 'deadletter'
$$;
COMMENT ON FUNCTION pipeline_internal.selection_digest(p_job_ids uuid[]) IS 'Names a selection of jobs of the dead letter: it changes when one of them leaves the dead letter, or fails again.';
REVOKE ALL ON FUNCTION pipeline_internal.selection_digest(p_job_ids uuid[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.send_messages(p_stage text, p_job_ids uuid[], p_delays integer[]) RETURNS TABLE(msg_id bigint, job_id uuid, vt timestamp with time zone)
    LANGUAGE plpgsql
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    AS $_$
#variable_conflict use_column
begin
  case p_stage
    when 'parse' then
      return query
        insert into pgmq.q_parse as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    when 'fetch_result' then
      return query
        insert into pgmq.q_fetch_result as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    when 'chunk' then
      return query
        insert into pgmq.q_chunk as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    when 'embed' then
      return query
        insert into pgmq.q_embed as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object('job_id', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> 'job_id')::uuid, q.vt;
    else
      return query execute format('
        insert into pgmq.%1$I as q (vt, message)
        select clock_timestamp() + make_interval(secs => sent.delay), jsonb_build_object(''job_id'', sent.job_id)
        from unnest($2, $3) sent (job_id, delay)
        returning q.msg_id, (q.message ->> ''job_id'')::uuid, q.vt', 'q_' || p_stage)
      using $1, $2, $3;
  end case;
end $_$;
COMMENT ON FUNCTION pipeline_internal.send_messages(p_stage text, p_job_ids uuid[], p_delays integer[]) IS 'Sends a message for each job, due after so many seconds.';
REVOKE ALL ON FUNCTION pipeline_internal.send_messages(p_stage text, p_job_ids uuid[], p_delays integer[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.send_move(p_user_id uuid, p_document_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_payload jsonb;
  v_event_no bigint;
begin
  select m.move into v_payload from pipeline_internal.live_moves m where m.document_id = p_document_id;
  v_payload := pipeline_internal.live_payload(
    array[coalesce(v_payload, jsonb_build_object('document_id', p_document_id, 'status', 'deleted'))]);
  select l.event_no into v_event_no from upload_pipeline.live_events l
  where l.user_id = p_user_id order by l.event_no desc limit 1;
  -- A deleted account receives nothing.
  if not found and not exists (select from auth.users u where u.id = p_user_id) then return; end if;
  insert into upload_pipeline.live_events (user_id, event_no, document_ids)
  values (p_user_id, 1 + coalesce(v_event_no, 0), array[p_document_id])
  returning event_no into v_event_no;
  perform pipeline_internal.broadcast_messages(array[p_user_id], array[v_event_no], array[v_payload]);
end $$;
COMMENT ON FUNCTION pipeline_internal.send_move(p_user_id uuid, p_document_id uuid) IS 'Numbers and sends the message of a transaction that has moved one document. Most have, and these small statements take less time than the one that send_moves has for any number of users.';
REVOKE ALL ON FUNCTION pipeline_internal.send_move(p_user_id uuid, p_document_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.send_moves() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  -- Read, then emptied.
  v_noted text := current_setting('pipeline.moves', true) || set_config('pipeline.moves', '', true);
  v_user_ids uuid[] := array[left(v_noted, 36)::uuid];
  v_document_ids uuid[] := array[right(v_noted, 36)::uuid];
  v_user_id uuid;
  v_event_nos bigint[];
  v_payloads jsonb[];
begin
  if to_regclass('realtime.messages') is null
     or not (select l.live_status from pipeline_internal.limits l) then
    return null;
  end if;
  if length(v_noted) > 73 then
    -- Both arrays in the order of the users, and the last move first.
    select array_agg(m.user_id order by m.user_id, m.place desc),
           array_agg(m.document_id order by m.user_id, m.place desc) into v_user_ids, v_document_ids
    from (
      select left(t.move, 36)::uuid as user_id, right(t.move, 36)::uuid as document_id, max(t.place) as place
      from string_to_table(v_noted, ',') with ordinality t (move, place)
      group by 1, 2
    ) m;
  end if;

  -- Held until the commit. Every transaction takes these locks last, and in this order. The statements after this one
  -- see what it has waited for.
  foreach v_user_id in array v_user_ids loop
    continue when pg_advisory_xact_lock(hashtextextended('pipeline_internal.live:' || v_user_id, 0)) is null;
  end loop;
  if cardinality(v_document_ids) = 1 then
    perform pipeline_internal.send_move(v_user_ids[1], v_document_ids[1]);
    return null;
  end if;

  with moved as (
    select d.user_id, array_agg(d.document_id order by d.place) as document_ids,
           pipeline_internal.live_payload(array_agg(
             coalesce(m.move, jsonb_build_object('document_id', d.document_id, 'status', 'deleted'))
             order by d.place)) as payload
    from unnest(v_user_ids, v_document_ids) with ordinality d (user_id, document_id, place)
    left join pipeline_internal.live_moves m using (document_id)
    group by d.user_id
  ), numbered as (
    insert into upload_pipeline.live_events (user_id, event_no, document_ids)
    select m.user_id, 1 + coalesce(e.event_no, 0), m.document_ids
    from moved m
    left join lateral (
      select l.event_no from upload_pipeline.live_events l
      where l.user_id = m.user_id order by l.event_no desc limit 1
    ) e on true
    where e.event_no is not null or exists (select from auth.users u where u.id = m.user_id)
    returning user_id, event_no
  )
  select array_agg(n.user_id), array_agg(n.event_no), array_agg(m.payload)
    into v_user_ids, v_event_nos, v_payloads
  from numbered n join moved m using (user_id);
  if v_user_ids is not null then
    perform pipeline_internal.broadcast_messages(v_user_ids, v_event_nos, v_payloads);
  end if;
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.send_moves() IS 'Numbers and sends one message to each owner of the documents that the transaction has moved. If a message cannot be sent, its number stays used, so that the client sees a gap, and the transaction goes on. Nothing is numbered while the switch is off, or in a database without Realtime. Runs as its owner: Storage, Auth and users, in whose transactions documents move, have no rights on the pipeline.';
REVOKE ALL ON FUNCTION pipeline_internal.send_moves() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.set_console_role(p_email text, p_role text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_user_ids uuid[];
  v_before text;
begin
  if p_role is null or p_role not in ('viewer', 'operator', 'none') then
    raise exception 'Unknown role: %.', coalesce(p_role, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Roles: viewer, operator; none withdraws the role.';
  end if;
  select array_agg(u.id) into v_user_ids from auth.users u where u.email = lower(p_email) and u.deleted_at is null;
  if v_user_ids is null or cardinality(v_user_ids) > 1 then
    raise exception '% users have the address %.', coalesce(cardinality(v_user_ids), 0), p_email using
      errcode = 'no_data_found', hint = 'The user signs up first. One address must be one user''s.';
  end if;

  select u.raw_app_meta_data ->> 'pipeline_role' into v_before from auth.users u where u.id = v_user_ids[1] for update;
  if coalesce(v_before, 'none') <> p_role then
    update auth.users u
    set raw_app_meta_data = case p_role
          when 'none' then u.raw_app_meta_data - 'pipeline_role'
          else coalesce(u.raw_app_meta_data, '{}') || jsonb_build_object('pipeline_role', p_role) end
    where u.id = v_user_ids[1];
    perform pipeline_internal.record_audit_entry('role_changed', v_user_ids[1], p_actor => 'operator',
      p_details => jsonb_build_object('from', coalesce(v_before, 'none'), 'to', p_role));
  end if;
  return v_before;
end $$;
COMMENT ON FUNCTION pipeline_internal.set_console_role(p_email text, p_role text) IS 'Gives a user the console''s role viewer (reads) or operator (also acts), or withdraws it (none), and writes an audit entry. Returns the role before, or null. A withdrawn role ends at once; a given one begins with the next sign-in. @throws no_data_found if not exactly one user has the address; invalid_parameter_value for another role.';
REVOKE ALL ON FUNCTION pipeline_internal.set_console_role(p_email text, p_role text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.setting_columns(p_setting text) RETURNS TABLE(column_name name, ord smallint, type text, is_editable boolean)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
         case p_setting
           when 'limits' then true
           when 'retention' then a.attname <> 'description'
           -- The pipeline itself writes the other columns.
           when 'providers' then
             a.attname in ('requests_per_minute', 'request_burst', 'tokens_per_minute', 'token_burst')
           -- The stage's place in the sequence belongs to its code.
           when 'stages' then a.atttypid in ('smallint'::regtype, 'real'::regtype)
             and a.attname <> 'requests_per_message'
         end
  from pg_catalog.pg_attribute a
  where a.attrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and a.attnum > 0
    and not a.attisdropped and a.attname <> pipeline_internal.setting_key(p_setting)
$$;
COMMENT ON FUNCTION pipeline_internal.setting_columns(p_setting text) IS 'The columns of a table of settings but its key, and whether the console may change them.';
REVOKE ALL ON FUNCTION pipeline_internal.setting_columns(p_setting text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.setting_faults(p_setting text, p_row jsonb, p_columns text[]) RETURNS TABLE(column_name text, fault text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_rule record;
  v_is_kept boolean;
begin
  return query
    select c, f from unnest(p_columns) c, pipeline_internal.setting_value_fault(p_setting, c, p_row -> c) f
    where f is not null;
  if found then return; end if;
  for v_rule in select * from pipeline_internal.setting_rules(p_setting) loop
    execute format(
      'select coalesce((%s), true) from jsonb_populate_record(null::pipeline_internal.%I, $1)',
      v_rule.expression, p_setting) into v_is_kept using p_row;
    if not v_is_kept then
      return query select c, 'must satisfy: ' || v_rule.rule from unnest(p_columns) c where c = any (v_rule.columns);
    end if;
  end loop;
end $_$;
COMMENT ON FUNCTION pipeline_internal.setting_faults(p_setting text, p_row jsonb, p_columns text[]) IS 'What is wrong with the new values of these columns (p_row: the whole row), by column: values that do not fit their types, or else the rules that they break.';
REVOKE ALL ON FUNCTION pipeline_internal.setting_faults(p_setting text, p_row jsonb, p_columns text[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.setting_key(p_setting text) RETURNS name
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select case p_setting
    when 'limits' then 'singleton' when 'retention' then 'category' when 'stages' then 'stage'
    when 'providers' then 'provider' end::name
$$;
COMMENT ON FUNCTION pipeline_internal.setting_key(p_setting text) IS 'The key column of a table of settings that the console changes; null for any other table.';
REVOKE ALL ON FUNCTION pipeline_internal.setting_key(p_setting text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.setting_rules(p_setting text) RETURNS TABLE(columns name[], rule text, expression text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select array(
           select a.attname from pg_catalog.pg_attribute a
           where a.attrelid = c.conrelid and a.attnum = any (c.conkey) order by a.attnum),
         coalesce(
           obj_description(c.oid, 'pg_constraint'),
           replace(regexp_replace(
             pg_get_expr(c.conbin, c.conrelid, true), '::(double precision|numeric|real|integer|bigint|smallint|text)',
               '',
             'g'), ' AND ', ' and ')),
         pg_get_expr(c.conbin, c.conrelid)
  from pg_catalog.pg_constraint c
  where c.conrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and c.contype = 'c'
    and c.conkey <> array(
      select a.attnum from pg_catalog.pg_attribute a
      where a.attrelid = c.conrelid and a.attname = pipeline_internal.setting_key(p_setting))
  order by cardinality(c.conkey), c.conname
$$;
COMMENT ON FUNCTION pipeline_internal.setting_rules(p_setting text) IS 'The check constraints of a table of settings: their columns, the constraint''s comment or else its expression for people, and the expression.';
REVOKE ALL ON FUNCTION pipeline_internal.setting_rules(p_setting text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.setting_value_fault(p_setting text, p_column text, p_value jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_column pg_catalog.pg_attribute;
  v_category "char";
begin
  select a.* into strict v_column from pg_catalog.pg_attribute a
  where a.attrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and a.attname = p_column;
  select t.typcategory into v_category from pg_catalog.pg_type t where t.oid = v_column.atttypid;
  if p_value is null or jsonb_typeof(p_value) = 'null' then
    return case when v_column.attnotnull then 'must have a value' end;
  elsif v_category = 'N' and jsonb_typeof(p_value) <> 'number' then
    return 'must be a number';
  elsif v_category = 'B' and jsonb_typeof(p_value) <> 'boolean' then
    return 'must be true or false';
  elsif v_category = 'S' and jsonb_typeof(p_value) <> 'string' then
    return 'must be a text';
  elsif v_category = 'A' and (jsonb_typeof(p_value) <> 'array'
      or jsonb_path_exists(p_value, 'strict $[*] ? (@.type() != "string")')) then
    return 'must be a list of texts';
  end if;
  execute format(
    'select (jsonb_populate_record(null::pipeline_internal.%I, $1)).%I', p_setting, p_column)
    using jsonb_build_object(p_column, p_value);
  return null;
exception
  when numeric_value_out_of_range then
    return 'is too large or too small for ' || format_type(v_column.atttypid, v_column.atttypmod);
  when invalid_text_representation then
    return 'must be a whole number';
end $_$;
COMMENT ON FUNCTION pipeline_internal.setting_value_fault(p_setting text, p_column text, p_value jsonb) IS 'Why a value does not fit the type of a column of settings; null if it does.';
REVOKE ALL ON FUNCTION pipeline_internal.setting_value_fault(p_setting text, p_column text, p_value jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.settle(p_stage pipeline_internal.stages, p_settlements pipeline_internal.settlement[]) RETURNS pipeline_internal.settled[]
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_jobs upload_pipeline.upload_jobs[] := array(
    select j from pipeline_internal.lock_attempts(array(
      select row(p_stage.stage, s.msg_id, s.read_ct)::pipeline_internal.lease from unnest(p_settlements) s)) j);
  v_item record;
  v_settled pipeline_internal.settled[] := array[]::pipeline_internal.settled[];
  -- When the latest attempt began that the provider served.
  v_served_at timestamptz;
begin
  -- Also the charges of attempts whose lease was lost.
  perform pipeline_internal.record_charges(
    coalesce((select jsonb_agg(c) from unnest(p_settlements) s, jsonb_array_elements(s.charges) c), '[]'),
    array(select j.job_id from unnest(v_jobs) j));

  for v_item in
    select j as job, s.settlement
    from unnest(v_jobs) j
    join (
      -- Of two leases of one message only the later can be held.
      select distinct on (s.msg_id) s as settlement, s.msg_id from unnest(p_settlements) s
      order by s.msg_id, s.read_ct desc
    ) s on s.msg_id = j.message_id
    order by j.message_id
  loop
    v_settled := v_settled || pipeline_internal.apply_settlement(p_stage, v_item.job, v_item.settlement);
    if (v_item.settlement).outcome in ('done', 'poll', 'reparse_pages') then
      v_served_at := greatest(v_served_at, (v_item.job).claimed_at);
    end if;
  end loop;

  if v_served_at is not null and p_stage.provider is not null then
    perform pipeline_internal.provider_succeeded(p_stage.provider, v_served_at);
  end if;
  return v_settled;
end $$;
COMMENT ON FUNCTION pipeline_internal.settle(p_stage pipeline_internal.stages, p_settlements pipeline_internal.settlement[]) IS 'Ends attempts: records their charges and applies each settlement whose lease is still held. Jobs that leave the stage are not moved yet, see leave_stage and continue_inline.';
REVOKE ALL ON FUNCTION pipeline_internal.settle(p_stage pipeline_internal.stages, p_settlements pipeline_internal.settlement[]) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.settle_and_continue(p_stage text, p_settlements pipeline_internal.settlement[], p_run_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 0, p_next_run_id uuid DEFAULT NULL::uuid, p_settled_count integer DEFAULT 0, OUT settled bigint[], OUT attempts pipeline_internal.attempt[], OUT next_stage text, OUT slots smallint, OUT lease_seconds real, OUT run_ended boolean) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_stage pipeline_internal.stages;
  v_settled pipeline_internal.settled[];
begin
  select * into strict v_stage from pipeline_internal.stages s where s.stage = p_stage;

  -- In the order of docs/decisions/009: messages and jobs, providers, then the user queues. To wake a stage shares its
  -- lock, and the run that ends takes its stage last.
  v_settled := pipeline_internal.settle(v_stage, p_settlements);
  settled := array(select (s.job).message_id from unnest(v_settled) s);
  if p_limit > 0 then
    attempts := pipeline_internal.try_claim(p_stage, p_limit, p_run_id);
  end if;
  if p_next_run_id is not null then
    select c.next_stage, c.slots, c.lease_seconds, c.attempts into next_stage, slots, lease_seconds, attempts
    from pipeline_internal.continue_inline(v_stage, v_settled, p_next_run_id) c;
  end if;
  if next_stage is null then
    perform pipeline_internal.leave_stage(p_stage, v_settled);
  end if;
  perform pipeline_internal.advance_user_queues_of(v_settled);
  run_ended := next_stage is not null and pipeline_internal.end_run(
    p_stage, p_run_id, 'drained', p_settled_count + cardinality(settled), p_nowait => true);
end $$;
COMMENT ON FUNCTION pipeline_internal.settle_and_continue(p_stage text, p_settlements pipeline_internal.settlement[], p_run_id uuid, p_limit integer, p_next_run_id uuid, p_settled_count integer, OUT settled bigint[], OUT attempts pipeline_internal.attempt[], OUT next_stage text, OUT slots smallint, OUT lease_seconds real, OUT run_ended boolean) IS 'Settles attempts and continues the run in one transaction. settled: the messages whose settlement took effect; the other leases were lost. With p_limit, attempts are up to so many more for the run p_run_id; null if it has to claim itself. With p_next_run_id, that run continues inline with the settled jobs, and next_stage, slots, lease_seconds and attempts are its own; next_stage is null if it cannot. run_ended: p_run_id, which had settled p_settled_count before, ended with that.';
REVOKE ALL ON FUNCTION pipeline_internal.settle_and_continue(p_stage text, p_settlements pipeline_internal.settlement[], p_run_id uuid, p_limit integer, p_next_run_id uuid, p_settled_count integer, OUT settled bigint[], OUT attempts pipeline_internal.attempt[], OUT next_stage text, OUT slots smallint, OUT lease_seconds real, OUT run_ended boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.skip_parser(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_output jsonb) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform pipeline_internal.complete_fetch_result(
    p_job, jsonb_populate_record(null::pipeline_internal.fetch_result_output, p_output));
  return (select s.next_stage from pipeline_internal.stages s where s.stage = p_stage.next_stage);
end $$;
COMMENT ON FUNCTION pipeline_internal.skip_parser(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_output jsonb) IS 'The document is text already: completes fetch_result with it and returns the stage after that.';
REVOKE ALL ON FUNCTION pipeline_internal.skip_parser(p_stage pipeline_internal.stages, p_job upload_pipeline.upload_jobs, p_output jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.spent_cents() RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select coalesce(sum(c.cents), 0) from pipeline_internal.daily_costs c
    where c.day >= pipeline_internal.budget_month());
end $$;
COMMENT ON FUNCTION pipeline_internal.spent_cents() IS 'The charges of all users this month.';
CREATE FUNCTION pipeline_internal.spent_cents(p_user_id uuid) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select coalesce(sum(c.cents), 0) from pipeline_internal.user_costs c
    where c.user_id = p_user_id and c.month >= pipeline_internal.budget_month());
end $$;
COMMENT ON FUNCTION pipeline_internal.spent_cents(p_user_id uuid) IS 'The charges of a user this month.';
REVOKE ALL ON FUNCTION pipeline_internal.spent_cents() FROM PUBLIC;
REVOKE ALL ON FUNCTION pipeline_internal.spent_cents(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.stage_lock(p_stage text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
  return hashtextextended('pipeline_internal.stages:' || p_stage, 0);
end $$;
REVOKE ALL ON FUNCTION pipeline_internal.stage_lock(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.stage_transitions_between(p_after bigint, p_to bigint) RETURNS TABLE(stage text, document_id uuid, entered_at timestamp with time zone, left_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with left_stage as (
    select e.event_no, e.document_id, e.status, e.created_at, s.total_pct
    from pipeline_internal.countable_events e
    join upload_pipeline.statuses s using (status)
    where e.event_no > p_after and e.event_no <= p_to and e.type = 'status'
      and (e.status = 'complete' or exists (
        select from pipeline_internal.stages s where s.entry_status = e.status))
  )
  select entered_stage.stage, l.document_id, entered.created_at, l.created_at
  from left_stage l
  cross join lateral (
    select e.status, e.created_at
    from pipeline_internal.countable_events e
    where e.document_id = l.document_id and e.event_no < l.event_no and e.type = 'status'
      and exists (select from pipeline_internal.stages d where d.entry_status = e.status)
    order by e.event_no desc limit 1
  ) entered
  join pipeline_internal.stages entered_stage on entered_stage.entry_status = entered.status
  join upload_pipeline.statuses s on s.status = entered.status
  -- Forward moves only: a resubmission or a redrive is no transition.
  where s.total_pct < l.total_pct
  union all
  select 'document', l.document_id, began.created_at, l.created_at
  from left_stage l
  cross join lateral (
    select e.status, e.created_at
    from pipeline_internal.countable_events e
    where e.document_id = l.document_id and e.event_no < l.event_no and e.type = 'status'
      and e.status in ('uploaded', 'complete')
    order by e.event_no desc limit 1
  ) began
  -- The second completion, after a re-chunk, does not count.
  where l.status = 'complete' and began.status = 'uploaded'
$$;
COMMENT ON FUNCTION pipeline_internal.stage_transitions_between(p_after bigint, p_to bigint) IS 'The transitions to a later stage among the events in (p_after, p_to], and when their documents had entered the stage. A completed document also counts as stage `document`, with the whole time.';
REVOKE ALL ON FUNCTION pipeline_internal.stage_transitions_between(p_after bigint, p_to bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.stages_behind_open_circuit() RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  -- While the parser's own circuit is open, admitting more documents would get none of them further.
  return array(
    select s.stage
    from pipeline_internal.stages s join pipeline_internal.providers p using (provider)
    where p.opened_at is not null and not exists (
      select from pipeline_internal.stages entry join pipeline_internal.providers e using (provider)
      where entry.stage = 'parse' and e.opened_at is not null));
end $$;
COMMENT ON FUNCTION pipeline_internal.stages_behind_open_circuit() IS 'The stages whose provider''s circuit is open, unless that of parse is open too. Documents that wait there must not keep their owner''s other documents from being parsed.';
REVOKE ALL ON FUNCTION pipeline_internal.stages_behind_open_circuit() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.start_processing(p_raw_path text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_job upload_pipeline.upload_jobs;
begin
  select * into v_job from upload_pipeline.upload_jobs
  where document_id = (select document_id from upload_pipeline.documents where raw_path = p_raw_path)
    and status = 'awaiting_upload'
  for update;
  if not found then return false; end if;

  perform pipeline_internal.admit(v_job.job_id, v_job.user_id);
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.start_processing(p_raw_path text) IS 'awaiting_upload → uploaded: the bytes are in Storage. False, without effect, if no job awaits them.';
REVOKE ALL ON FUNCTION pipeline_internal.start_processing(p_raw_path text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.start_run(p_stage text, p_run_id uuid) RETURNS TABLE(slots smallint, lease_seconds real, attempts pipeline_internal.attempt[])
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
begin
  -- Messages before the stage's lock: the order in which enqueue takes them.
  attempts := array(
    select c
    from pipeline_internal.stages s
    cross join lateral pipeline_internal.claim(p_stage, s.slots, p_run_id, p_strict => true) c
    where s.stage = p_stage);
  select b.slots, b.lease_seconds into strict slots, lease_seconds
  from pipeline_internal.begin_run(p_stage, p_run_id) b;
  return next;
exception when no_data_found then
  -- The claim is undone: a message cannot be claimed, or the run is refused, which begin_run then records.
  return query
    select b.slots, b.lease_seconds, null::pipeline_internal.attempt[]
    from pipeline_internal.begin_run(p_stage, p_run_id) b;
end $$;
COMMENT ON FUNCTION pipeline_internal.start_run(p_stage text, p_run_id uuid) IS 'begin_run and the first claim in one round trip. attempts: null if the run has to claim itself. No row: the run must do nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.start_run(p_stage text, p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.storage_usage(p_user_id uuid, p_except_document_id uuid DEFAULT NULL::uuid, OUT document_count bigint, OUT byte_count bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  select count(*), coalesce(sum(greatest(d.bytes_len, o.size)), 0)::bigint
  into document_count, byte_count
  from upload_pipeline.documents d
  -- One lookup per document: if the planner takes the table for small, a join may scan all users' rows.
  cross join lateral (
    select status from upload_pipeline.upload_jobs where document_id = d.document_id limit 1) j
  left join lateral (
    -- A verified document has its registered size. The name is compared in both collations that Storage has indexes
    -- for, so that either index finds the one row.
    select sum((found.metadata ->> 'size')::bigint) as size
    from unnest(array[d.raw_path, d.original_path]) place (path)
    cross join lateral (
      select metadata from storage.objects
      where bucket_id = 'files' and name = place.path and name collate "C" = place.path limit 1) found
    where d.verified_at is null) o on true
  where d.user_id = p_user_id and j.status <> 'expired' and d.document_id is distinct from p_except_document_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.storage_usage(p_user_id uuid, p_except_document_id uuid, OUT document_count bigint, OUT byte_count bigint) IS 'The number of a user''s documents and of their bytes: the registered sizes, or the stored sizes if they are larger. An expired upload counts nothing.';
REVOKE ALL ON FUNCTION pipeline_internal.storage_usage(p_user_id uuid, p_except_document_id uuid, OUT document_count bigint, OUT byte_count bigint) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.store_answer(p_user_id uuid, p_key text, p_answer jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update pipeline_internal.idempotency_keys set answer = p_answer where user_id = p_user_id and key = p_key
$$;
REVOKE ALL ON FUNCTION pipeline_internal.store_answer(p_user_id uuid, p_key text, p_answer jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.store_chunks(p_lease pipeline_internal.lease, p_output pipeline_internal.chunk_output, p_resume jsonb, p_done integer, p_total integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
begin
  if v_job.job_id is null then return false; end if;
  perform pipeline_internal.keep_chunks(v_job, p_output);
  update upload_pipeline.upload_jobs
  set resume = p_resume, units_done = p_done, units_total = p_total, updated_at = clock_timestamp()
  where job_id = v_job.job_id;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.store_chunks(p_lease pipeline_internal.lease, p_output pipeline_internal.chunk_output, p_resume jsonb, p_done integer, p_total integer) IS 'Keeps a portion of a document''s pending chunks while the attempt goes on. The next invocation begins at p_resume; p_done of p_total parts of the document are chunked. False, and nothing kept: the lease was lost.';
REVOKE ALL ON FUNCTION pipeline_internal.store_chunks(p_lease pipeline_internal.lease, p_output pipeline_internal.chunk_output, p_resume jsonb, p_done integer, p_total integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.store_embeddings(p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[], p_charges jsonb DEFAULT '[]'::jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_job upload_pipeline.upload_jobs := (
    select j from pipeline_internal.lock_attempts(array[p_lease]) j);
begin
  perform pipeline_internal.record_charges(p_charges, array[v_job.job_id]);
  if v_job.job_id is null then return false; end if;

  perform pipeline_internal.keep_vectors(v_job, p_model, p_chunk_ids, p_vectors);
  update upload_pipeline.upload_jobs j
  set units_done = counted.embedded_count, units_total = counted.chunk_count, updated_at = clock_timestamp()
  from pipeline_internal.embedded_count(v_job.document_id) counted
  where j.job_id = v_job.job_id;
  return true;
end $$;
COMMENT ON FUNCTION pipeline_internal.store_embeddings(p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[], p_charges jsonb) IS 'Keeps a batch of vectors while the attempt goes on, so that a retry embeds only the missing ones. False: the lease was lost, so no vector is kept; the charges are recorded all the same.';
REVOKE ALL ON FUNCTION pipeline_internal.store_embeddings(p_lease pipeline_internal.lease, p_model text, p_chunk_ids uuid[], p_vectors text[], p_charges jsonb) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.store_question_vector(p_user_id uuid, p_model text, p_key text, p_embedding extensions.vector) RETURNS extensions.halfvec
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_most_per_user constant int := 200;
  v_kept extensions.halfvec;
begin
  -- Code that acts for a user first shares the lock on the user's row: the deletion of the account waits, or is over.
  perform from auth.users where id = p_user_id for key share;
  -- Serializes the calls for one user, so that each sees the rows of the previous one.
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.question_vectors:' || p_user_id, 0));
  insert into pipeline_internal.question_vectors (user_id, model, key, embedding)
  values (p_user_id, p_model, p_key, p_embedding::extensions.halfvec)
  on conflict (user_id, model, key) do update set used_at = excluded.used_at
  returning embedding into v_kept;

  delete from pipeline_internal.question_vectors q
  using (
    select o.model, o.key from pipeline_internal.question_vectors o
    where o.user_id = p_user_id
    order by o.used_at desc, o.model, o.key
    offset v_most_per_user) oldest
  where q.user_id = p_user_id and q.model = oldest.model and q.key = oldest.key;
  return v_kept;
end $$;
COMMENT ON FUNCTION pipeline_internal.store_question_vector(p_user_id uuid, p_model text, p_key text, p_embedding extensions.vector) IS 'Stores a question''s vector and returns it as stored: rounded, and the first one of two concurrent calls. So every page of a search compares with the same vector. Removes the user''s least recently used questions beyond 200.';
REVOKE ALL ON FUNCTION pipeline_internal.store_question_vector(p_user_id uuid, p_model text, p_key text, p_embedding extensions.vector) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.sweep() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_stage text;
  v_woken int := 0;
begin
  perform pipeline_internal.advance_user_queues(
    array(select distinct user_id from upload_pipeline.upload_jobs where user_queued_at is not null));
  for v_stage in select stage from pipeline_internal.stages loop
    if pipeline_internal.has_work(v_stage) and pipeline_internal.wake(v_stage) is not null then
      v_woken := v_woken + 1;
    end if;
  end loop;
  if pipeline_internal.wake_isolation() is not null then
    v_woken := v_woken + 1;
  end if;
  if pipeline_internal.has_due_cleanup() and not pipeline_internal.has_pending_call('cleanup') then
    perform pipeline_internal.call_worker('cleanup');
  end if;
  if pipeline_internal.has_due_notifications() and not pipeline_internal.has_pending_call('notify') then
    perform pipeline_internal.call_worker('notify');
  end if;
  return v_woken;
end $$;
COMMENT ON FUNCTION pipeline_internal.sweep() IS 'Advances the user queues, and wakes every stage that has due messages and too few runs: after a lost wake-up, for a retry, a poll, an expired lease, a closed circuit, or a suspect. Calls the worker for cleanups and notifications that are due.';
REVOKE ALL ON FUNCTION pipeline_internal.sweep() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.take_metric_snapshot() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_samples jsonb := (select jsonb_agg(s) from pipeline_internal.metric_samples() s);
  v_read_at timestamptz := clock_timestamp();
begin
  delete from pipeline_internal.metric_snapshots where read_at < v_read_at - interval '65 minutes';
  insert into pipeline_internal.metric_snapshots (read_at, samples) values (v_read_at, v_samples);
  perform pipeline_internal.record_queue_history(v_samples, v_read_at);
end $$;
COMMENT ON FUNCTION pipeline_internal.take_metric_snapshot() IS 'Stores the current metrics, also in the history of the queues, and removes snapshots that no rule looks back to.';
REVOKE ALL ON FUNCTION pipeline_internal.take_metric_snapshot() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.try_claim(p_stage text, p_limit integer, p_run_id uuid) RETURNS pipeline_internal.attempt[]
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  return array(select a from pipeline_internal.claim(p_stage, p_limit, p_run_id, p_strict => true) a);
exception when no_data_found then
  return null;
end $$;
COMMENT ON FUNCTION pipeline_internal.try_claim(p_stage text, p_limit integer, p_run_id uuid) IS 'claim within another operation, since it locks no user queue. Null, with nothing claimed: a message cannot be claimed, so call claim.';
REVOKE ALL ON FUNCTION pipeline_internal.try_claim(p_stage text, p_limit integer, p_run_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.unembedded_chunks(p_document_id uuid, p_count integer) RETURNS TABLE(chunk_id uuid, text text, tokens integer)
    LANGUAGE sql STABLE
    SET search_path TO ''
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
  select c.chunk_id, pipeline_internal.embedded_text(c.context, c.text), c.token_count
  from (
    select min(n.ord) as ord from pipeline_internal.pending_chunks n
    -- Unlike `not exists`, this reads the vectors once, however few they were when the statement was planned.
    where n.document_id = p_document_id and n.chunk_sha not in (
      select v.chunk_sha from pipeline_internal.pending_vectors v where v.document_id = p_document_id)
    group by n.chunk_sha
    order by 1
    limit p_count
  ) missing
  join pipeline_internal.pending_chunks c on c.document_id = p_document_id and c.ord = missing.ord
  order by c.ord
$$;
COMMENT ON FUNCTION pipeline_internal.unembedded_chunks(p_document_id uuid, p_count integer) IS 'The pending chunks without a vector, in the order of the document, with the text to embed; of chunks that embed the same text, the first.';
REVOKE ALL ON FUNCTION pipeline_internal.unembedded_chunks(p_document_id uuid, p_count integer) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.unread_pages(p_warnings jsonb, p_ocr boolean) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select array(
    select distinct page::int
    from jsonb_array_elements(p_warnings) w
    cross join lateral jsonb_array_elements_text(w -> 'pages') page
    -- A page without text may be a scan, which only OCR reads.
    where w ->> 'code' = 'PAGES_UNREAD' or (p_ocr and w ->> 'code' = 'PAGES_EMPTY')
    order by 1)
$$;
COMMENT ON FUNCTION pipeline_internal.unread_pages(p_warnings jsonb, p_ocr boolean) IS 'The pages that may have text if they are parsed once more: those that the parser failed on and, with OCR, those without text.';
REVOKE ALL ON FUNCTION pipeline_internal.unread_pages(p_warnings jsonb, p_ocr boolean) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.user_budget_version(p_user_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select md5(coalesce((select coalesce(b.monthly_cents::text, 'unlimited') from pipeline_internal.user_budgets b
                       where b.user_id = p_user_id), 'default'))
$$;
REVOKE ALL ON FUNCTION pipeline_internal.user_budget_version(p_user_id uuid) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.wake(p_stage text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_run_id uuid := gen_random_uuid();
  v_request_id bigint;
begin
  -- Held until commit, so that end_run sees the messages of this transaction.
  perform pg_advisory_xact_lock_shared(pipeline_internal.stage_lock(p_stage));

  if (select count(*) from pipeline_internal.live_runs where stage = p_stage)
     >= (select max_invocations from pipeline_internal.stages where stage = p_stage)
     or not pipeline_internal.may_claim(p_stage) then
    return null;
  end if;

  v_request_id := pipeline_internal.call_worker(p_stage || '?run_id=' || v_run_id);
  if v_request_id is null then
    return null;
  end if;
  insert into pipeline_internal.worker_runs (run_id, stage, request_id) values (v_run_id, p_stage, v_request_id);
  return v_run_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.wake(p_stage text) IS 'Calls the stage''s function once this transaction commits and returns the new run. Null, and nothing done, if max_invocations run already or no message may be claimed.';
REVOKE ALL ON FUNCTION pipeline_internal.wake(p_stage text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.wake_isolation() RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_run_id uuid := gen_random_uuid();
  v_request_id bigint;
  v_stage text := (
    select s.stage from pipeline_internal.due_suspects() s
    where pipeline_internal.may_claim(s.stage) order by s.due_at limit 1);
begin
  if v_stage is null or not pipeline_internal.lock_isolation(p_nowait => true)
     or pipeline_internal.is_isolation_taken() then
    return null;
  end if;
  v_request_id := pipeline_internal.call_worker(v_stage || '?run_id=' || v_run_id, 'isolation');
  if v_request_id is null then return null; end if;
  insert into pipeline_internal.worker_runs (run_id, stage, request_id, is_alone)
  values (v_run_id, v_stage, v_request_id, true);
  return v_run_id;
end $$;
COMMENT ON FUNCTION pipeline_internal.wake_isolation() IS 'Calls the function `isolation` for the stage whose suspect has waited longest. Null, and nothing done: no suspect is due, or a run tries one already.';
REVOKE ALL ON FUNCTION pipeline_internal.wake_isolation() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.wake_token(p_secret text, p_call text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_expires bigint := floor(extract(epoch from clock_timestamp()))::bigint + 60;
begin
  return v_expires || '.' || encode(extensions.hmac(v_expires || ':' || p_call, p_secret, 'sha256'), 'hex');
end $$;
COMMENT ON FUNCTION pipeline_internal.wake_token(p_secret text, p_call text) IS 'A token for this one call of the worker, valid for a minute. Every role of this database can read pg_net''s queue, so no call carries the secret itself.';
REVOKE ALL ON FUNCTION pipeline_internal.wake_token(p_secret text, p_call text) FROM PUBLIC;

CREATE FUNCTION pipeline_internal.webhook_summary() RETURNS TABLE(last_delivery_at timestamp with time zone, deliveries_24h bigint, refused_24h bigint)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select (select max(received_at) from pipeline_internal.deliveries),
         (select count(*) from pipeline_internal.deliveries where received_at > now() - interval '24 hours'),
         (select count(*) from pipeline_internal.audit_log
          where action = 'webhook_refused' and happened_at > now() - interval '24 hours')
$$;
REVOKE ALL ON FUNCTION pipeline_internal.webhook_summary() FROM PUBLIC;

CREATE FUNCTION pipeline_internal.withdraw_notifications(p_user_id uuid DEFAULT NULL::uuid, p_document_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  delete from pipeline_internal.outbox
  where (user_id = p_user_id or document_id = p_document_id) and type not in ('document.deleted', 'account.deleted')
$$;
COMMENT ON FUNCTION pipeline_internal.withdraw_notifications(p_user_id uuid, p_document_id uuid) IS 'Removes the notifications about a document, or about a user and their documents, except those of the deletion itself. One that is being sent still arrives, but is not sent again.';
REVOKE ALL ON FUNCTION pipeline_internal.withdraw_notifications(p_user_id uuid, p_document_id uuid) FROM PUBLIC;

CREATE UNIQUE INDEX alerts_open_idx ON pipeline_internal.alerts USING btree (rule, subject) WHERE (closed_at IS NULL);

CREATE INDEX alerts_opened_at_idx ON pipeline_internal.alerts USING btree (opened_at, alert_id);

CREATE INDEX audit_log_happened_at_idx ON pipeline_internal.audit_log USING btree (happened_at);

CREATE INDEX audit_log_held_idx ON pipeline_internal.audit_log USING btree (account_gone_at) WHERE ((network IS NOT NULL) AND (account_gone_at IS NOT NULL));

COMMENT ON CONSTRAINT audit_log_is_kept_long_enough ON pipeline_internal.retention IS 'audit entries are kept for 30 days at least';

CREATE INDEX audit_log_kind_idx ON pipeline_internal.audit_log USING btree (actor, action, happened_at, audit_no);

CREATE INDEX audit_log_operator_id_idx ON pipeline_internal.audit_log USING btree (operator_id, happened_at, audit_no) WHERE (operator_id IS NOT NULL);

CREATE INDEX audit_log_refusals_idx ON pipeline_internal.audit_log USING btree (happened_at) WHERE (action = 'webhook_refused'::text);

CREATE INDEX audit_log_settings_idx ON pipeline_internal.audit_log USING btree (happened_at) WHERE (action = 'setting_changed'::text);

CREATE INDEX audit_log_subject_id_idx ON pipeline_internal.audit_log USING btree (subject_id, happened_at, audit_no) WHERE (subject_id IS NOT NULL);

CREATE INDEX audit_log_user_id_idx ON pipeline_internal.audit_log USING btree (user_id, happened_at, audit_no);

CREATE INDEX charges_cents_idx ON pipeline_internal.charges USING btree (cents) WHERE (document_id IS NOT NULL);

CREATE INDEX charges_document_id_day_idx ON pipeline_internal.charges USING btree (document_id, day);

CREATE INDEX charges_job_id_idx ON pipeline_internal.charges USING btree (job_id) INCLUDE (cents);

CREATE INDEX charges_user_id_idx ON pipeline_internal.charges USING btree (user_id);

CREATE INDEX deleted_events_document_id_idx ON pipeline_internal.deleted_events USING btree (document_id, event_no);

CREATE INDEX deliveries_provider_job_id_idx ON pipeline_internal.deliveries USING btree (provider_job_id);

CREATE INDEX deliveries_received_at_idx ON pipeline_internal.deliveries USING btree (received_at);

CREATE INDEX file_cleanups_path_idx ON pipeline_internal.file_cleanups USING btree (path);

CREATE INDEX idempotency_keys_created_at_idx ON pipeline_internal.idempotency_keys USING btree (created_at);

COMMENT ON CONSTRAINT limits_ocr_languages_check ON pipeline_internal.limits IS 'codes of languages, such as en, de or ch_sim, and none of them empty';

CREATE INDEX outbox_created_at_idx ON pipeline_internal.outbox USING btree (created_at);

CREATE INDEX outbox_delivered_idx ON pipeline_internal.outbox USING btree (endpoint_id, type, ((- delivery_no))) WHERE (delivered_at IS NOT NULL);

CREATE INDEX outbox_document_id_idx ON pipeline_internal.outbox USING btree (document_id) WHERE (document_id IS NOT NULL);

CREATE INDEX outbox_due_idx ON pipeline_internal.outbox USING btree (due_at) WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

CREATE INDEX outbox_given_up_at_idx ON pipeline_internal.outbox USING btree (given_up_at) WHERE (given_up_at IS NOT NULL);

CREATE INDEX outbox_given_up_idx ON pipeline_internal.outbox USING btree (endpoint_id, type, ((- delivery_no))) WHERE (given_up_at IS NOT NULL);

CREATE INDEX outbox_user_id_idx ON pipeline_internal.outbox USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX outbox_waiting_idx ON pipeline_internal.outbox USING btree (endpoint_id, type, ((- delivery_no))) WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

CREATE INDEX parse_cancellations_due_at_idx ON pipeline_internal.parse_cancellations USING btree (due_at);

CREATE INDEX pending_sign_ins_user_id_idx ON pipeline_internal.pending_sign_ins USING btree (user_id, sign_in_no);

CREATE INDEX pending_vectors_user_id_idx ON pipeline_internal.pending_vectors USING btree (user_id, chunk_sha);

CREATE INDEX question_vectors_used_at_idx ON pipeline_internal.question_vectors USING btree (used_at);

CREATE INDEX reservations_user_id_idx ON pipeline_internal.reservations USING btree (user_id);

COMMENT ON CONSTRAINT security_hold_is_short ON pipeline_internal.retention IS 'the security hold ends after 30 days at most';

CREATE INDEX submissions_job_id_idx ON pipeline_internal.submissions USING btree (job_id);

CREATE UNIQUE INDEX submissions_open_idx ON pipeline_internal.submissions USING btree (job_id) WHERE (finished_at IS NULL);

CREATE INDEX submissions_submitted_at_idx ON pipeline_internal.submissions USING btree (submitted_at);

CREATE INDEX support_access_until_idx ON pipeline_internal.support_access USING btree (until);

CREATE INDEX worker_runs_called_at_idx ON pipeline_internal.worker_runs USING btree (called_at);

CREATE INDEX worker_runs_open_idx ON pipeline_internal.worker_runs USING btree (stage) WHERE (ended_at IS NULL);

CREATE SCHEMA pipeline_monitoring;
COMMENT ON SCHEMA pipeline_monitoring IS 'Views for operators: throughput, queues, failures, providers, webhooks, schedules, usage. Read-only, over all users; not exposed.';
GRANT USAGE ON SCHEMA pipeline_monitoring TO pipeline_monitoring;
GRANT USAGE ON SCHEMA pipeline_monitoring TO service_role;

CREATE TYPE pipeline_monitoring.document_filter AS (
	status text,
	state text,
	code text,
	warning text,
	user_id uuid,
	name text,
	created_from timestamp with time zone,
	created_until timestamp with time zone,
	updated_from timestamp with time zone,
	updated_until timestamp with time zone
);
COMMENT ON TYPE pipeline_monitoring.document_filter IS 'Which documents: all conditions that are not null hold. code: of the last error; warning: a warning''s code; name: a part of the file''s name, without regard to case; from: at or after; until: before.';

CREATE VIEW pipeline_monitoring.connections AS
 SELECT COALESCE(u.rolname, '(Postgres)'::name) AS role,
    count(*) AS connection_count,
    sum(count(*)) OVER () AS used_count,
    ((current_setting('max_connections'::text))::integer - (current_setting('superuser_reserved_connections'::text))::integer) AS allowed_count,
    round((((100)::numeric * sum(count(*)) OVER ()) / (((current_setting('max_connections'::text))::integer - (current_setting('superuser_reserved_connections'::text))::integer))::numeric), 1) AS used_percent
   FROM ((pg_stat_get_activity(NULL::integer) a(datid, pid, usesysid, application_name, state, query, wait_event_type, wait_event, xact_start, query_start, backend_start, state_change, client_addr, client_hostname, client_port, backend_xid, backend_xmin, backend_type, ssl, sslversion, sslcipher, sslbits, ssl_client_dn, ssl_client_serial, ssl_issuer_dn, gss_auth, gss_princ, gss_enc, gss_delegation, leader_pid, query_id)
     JOIN pg_database d ON ((d.oid = a.datid)))
     LEFT JOIN pg_roles u ON ((u.oid = a.usesysid)))
  GROUP BY COALESCE(u.rolname, '(Postgres)'::name);
COMMENT ON VIEW pipeline_monitoring.connections IS 'The connections of each role, and the limit of the database.';
GRANT SELECT ON TABLE pipeline_monitoring.connections TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.connections TO service_role;

CREATE VIEW pipeline_monitoring.console_roles AS
 SELECT id AS user_id,
    email,
    (raw_app_meta_data ->> 'pipeline_role'::text) AS role,
    ((deleted_at IS NULL) AND ((banned_until IS NULL) OR (banned_until < now()))) AS is_in_force,
    last_sign_in_at
   FROM auth.users u
  WHERE (raw_app_meta_data ? 'pipeline_role'::text);
COMMENT ON VIEW pipeline_monitoring.console_roles IS 'Who has a role in the console, and whether it is in force: it is not while the user is banned or deleted.';
GRANT SELECT ON TABLE pipeline_monitoring.console_roles TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.console_roles TO service_role;

CREATE VIEW pipeline_monitoring.costs AS
 SELECT day,
    purpose,
    model,
    sum(quantity) AS quantity,
    sum(credits) AS credits,
    round(sum(cents), 4) AS cost_cents
   FROM pipeline_internal.daily_costs
  WHERE (day > (((now() AT TIME ZONE 'utc'::text))::date - 92))
  GROUP BY day, purpose, model;
COMMENT ON VIEW pipeline_monitoring.costs IS 'The charges of the providers on each day of the last three months: pages of parses, tokens otherwise.';
GRANT SELECT ON TABLE pipeline_monitoring.costs TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.costs TO service_role;

CREATE VIEW pipeline_monitoring.database_calls AS
 SELECT ( SELECT count(*) AS count
           FROM net.http_request_queue) AS waiting_count,
    count(*) FILTER (WHERE (status_code < 400)) AS answered_count,
    count(*) FILTER (WHERE (status_code >= 400)) AS refused_count,
    count(*) FILTER (WHERE (status_code IS NULL)) AS unanswered_count,
    max(created) AS last_answer_at,
    (array_agg(COALESCE(error_msg, ((status_code || ': '::text) || "left"(content, 200))) ORDER BY created DESC) FILTER (WHERE ((status_code IS NULL) OR (status_code >= 400))))[1] AS last_failure,
    (( SELECT max(EXTRACT(epoch FROM (clock_timestamp() - w.called_at))) AS max
           FROM (pipeline_internal.worker_runs w
             JOIN net.http_request_queue q ON ((q.id = w.request_id)))
          WHERE ((w.ended_at IS NULL) AND (w.started_at IS NULL))))::double precision AS oldest_waiting_seconds
   FROM net._http_response r
  WHERE (created > (now() - '01:00:00'::interval));
COMMENT ON VIEW pipeline_monitoring.database_calls IS 'The results of the calls by which the database wakes workers (pg_net), in the last hour.';
GRANT SELECT ON TABLE pipeline_monitoring.database_calls TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.database_calls TO service_role;

CREATE VIEW pipeline_monitoring.dead_letter AS
 SELECT j.finished_at AS given_up_at,
    (j.last_error ->> 'stage'::text) AS stage,
    (j.last_error ->> 'code'::text) AS code,
    (j.last_error ->> 'message'::text) AS message,
    j.retry_count AS failed_attempts,
    j.lost_count AS lost_attempts,
    j.job_id,
    j.document_id,
    j.user_id,
    d.filename,
    format('select pipeline_internal.redrive(%L)'::text, j.job_id) AS to_redrive
   FROM (upload_pipeline.upload_jobs j
     JOIN upload_pipeline.documents d USING (document_id))
  WHERE (j.state = 'deadletter'::text);
COMMENT ON VIEW pipeline_monitoring.dead_letter IS 'The dead letter: each job''s error, and the statement that redrives it.';
GRANT SELECT ON TABLE pipeline_monitoring.dead_letter TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.dead_letter TO service_role;

CREATE VIEW pipeline_monitoring.document_warnings AS
 WITH warned AS (
         SELECT (w.value ->> 'code'::text) AS code,
            d.document_id,
            j.job_id,
            d.user_id,
            d.filename,
            j.status,
            j.state,
            d.page_count,
            ARRAY( SELECT (p.value)::integer AS p
                   FROM jsonb_array_elements_text((w.value -> 'pages'::text)) p(value)
                  ORDER BY (p.value)::integer) AS pages,
            (w.value ->> 'message'::text) AS message,
            d.updated_at
           FROM ((upload_pipeline.documents d
             JOIN upload_pipeline.upload_jobs j USING (document_id))
             CROSS JOIN LATERAL jsonb_array_elements(d.warnings) w(value))
          WHERE (d.warnings <> '[]'::jsonb)
        ), remedied AS (
         SELECT warned.code,
            warned.document_id,
            warned.job_id,
            warned.user_id,
            warned.filename,
            warned.status,
            warned.state,
            warned.page_count,
            warned.pages,
            warned.message,
            warned.updated_at,
                CASE
                    WHEN (warned.state <> 'done'::text) THEN 'nothing until the document is complete again'::text
                    WHEN (warned.code = 'PAGES_UNREAD'::text) THEN format('have them parsed again, at a cost: as their owner with npm run pipeline -- reparse %s --pages unread (in SQL: select * from pipeline_internal.reparse_document(%L, %L, null, true, null))'::text, warned.document_id, warned.user_id, warned.document_id)
                    WHEN (warned.code = 'PAGES_EMPTY'::text) THEN format('if they are scans, have them parsed with OCR, at a cost: as their owner with npm run pipeline -- reparse %s --ocr (in SQL: select * from pipeline_internal.reparse_document(%L, %L, null, true, true))'::text, warned.document_id, warned.user_id, warned.document_id)
                    ELSE 'upload the document again with less text on these pages'::text
                END AS remedy
           FROM warned
        )
 SELECT code,
    document_id,
    job_id,
    user_id,
    filename,
    status,
    page_count,
    pages,
    message,
    remedy,
    format('%s is %s with a warning: %s (%s). %s: %s.'::text, filename, status, message, code,
        CASE code
            WHEN 'PAGES_CUT'::text THEN 'Its owner can mend it'::text
            ELSE 'To do'::text
        END, remedy) AS sentence,
    updated_at
   FROM remedied;
COMMENT ON VIEW pipeline_monitoring.document_warnings IS 'Documents with missing text: one row per warning, with its pages, a remedy, and both as a sentence.';
GRANT SELECT ON TABLE pipeline_monitoring.document_warnings TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.document_warnings TO service_role;

CREATE VIEW pipeline_monitoring.errors AS
 SELECT w.time_window,
    e.type,
    e.stage,
    e.code,
    count(*) AS event_count,
    max(e.created_at) AS last_at
   FROM (pipeline_internal.time_windows w
     JOIN upload_pipeline.events e ON (((e.created_at > (now() - w.length)) AND (e.type = ANY (ARRAY['retry'::text, 'pause'::text, 'failure'::text])))))
  GROUP BY w.time_window, e.type, e.stage, e.code;
COMMENT ON VIEW pipeline_monitoring.errors IS 'Failed attempts that are retried (retry), waits for a provider (pause), and rejected jobs (failure), by error code.';
GRANT SELECT ON TABLE pipeline_monitoring.errors TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.errors TO service_role;

CREATE VIEW pipeline_monitoring.failed_database_calls AS
 SELECT id AS call_id,
    created AS answered_at,
    status_code,
    timed_out,
    COALESCE(error_msg, "left"(content, 200), ''::text) AS message
   FROM net._http_response r
  WHERE ((created > (now() - '01:00:00'::interval)) AND ((status_code IS NULL) OR (status_code >= 400)));
COMMENT ON VIEW pipeline_monitoring.failed_database_calls IS 'The calls of workers (pg_net) in the last hour that were refused or not answered.';
GRANT SELECT ON TABLE pipeline_monitoring.failed_database_calls TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.failed_database_calls TO service_role;

CREATE VIEW pipeline_monitoring.history AS
 SELECT make_interval(mins => (step_minutes)::integer) AS step,
    since,
    stage,
    transition_count,
    p50_seconds,
    p95_seconds,
    failed_count,
    registered_count,
    message_count,
    oldest_due_seconds
   FROM pipeline_internal.history;
COMMENT ON VIEW pipeline_monitoring.history IS 'Throughput, durations, failures and queues by time: the last hour by minutes, the last day by ten minutes, the last month by hours. Stage `document` is the whole way.';
GRANT SELECT ON TABLE pipeline_monitoring.history TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.history TO service_role;

CREATE VIEW pipeline_monitoring.jobs AS
 SELECT status,
    state,
    COALESCE((last_error ->> 'code'::text), ''::text) AS code,
    COALESCE(waiting_for, ''::text) AS waiting_for,
    (user_queued_at IS NOT NULL) AS is_user_queued,
    count(*) AS job_count,
    min(updated_at) AS oldest_update_at,
    count(*) FILTER (WHERE (is_isolated AND (message_id IS NOT NULL))) AS isolated_count,
    sum(lost_count) AS lost_attempts
   FROM upload_pipeline.upload_jobs
  GROUP BY status, state, COALESCE((last_error ->> 'code'::text), ''::text), COALESCE(waiting_for, ''::text), (user_queued_at IS NOT NULL);
COMMENT ON VIEW pipeline_monitoring.jobs IS 'The number of jobs per status, state and error; how many of them are suspects, and how many attempts at their stage were lost.';
GRANT SELECT ON TABLE pipeline_monitoring.jobs TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.jobs TO service_role;

CREATE VIEW pipeline_monitoring.problems AS
SELECT
    NULL::text AS kind,
    NULL::text AS subject,
    NULL::text AS severity,
    NULL::timestamp with time zone AS since,
    NULL::text AS summary;
COMMENT ON VIEW pipeline_monitoring.problems IS 'What is wrong now: open alerts, open circuits, paused stages, schedules that do not run, and notifications that are not delivered; each in a sentence, with its severity, and since when.';
GRANT SELECT ON TABLE pipeline_monitoring.problems TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.problems TO service_role;

CREATE VIEW pipeline_monitoring.providers AS
 SELECT provider,
    (opened_at IS NOT NULL) AS is_circuit_open,
    opened_at,
    probe_at,
    code,
    message,
    failure_count,
    round(((((100)::double precision * request_level) / request_burst))::numeric, 1) AS request_capacity_percent,
    round(((((100)::double precision * token_level) / token_burst))::numeric, 1) AS token_capacity_percent,
        CASE
            WHEN (opened_at IS NULL) THEN 'closed'::text
            WHEN (probe_at > clock_timestamp()) THEN 'open'::text
            ELSE 'half-open'::text
        END AS circuit,
    fault,
    fault_count,
    requests_per_minute,
    request_burst,
    round((request_level)::numeric, 2) AS request_level,
    tokens_per_minute,
    token_burst,
    round((token_level)::numeric, 2) AS token_level
   FROM ( SELECT providers.provider,
            providers.opened_at,
            providers.probe_at,
            providers.code,
            providers.message,
            providers.failure_count,
            providers.fault,
            providers.fault_count,
            providers.requests_per_minute,
            providers.request_burst,
            providers.tokens_per_minute,
            providers.token_burst,
            LEAST((providers.request_burst)::double precision, (providers.request_level + (passed.minutes * providers.requests_per_minute))) AS request_level,
            LEAST((providers.token_burst)::double precision, (providers.token_level + (passed.minutes * providers.tokens_per_minute))) AS token_level
           FROM (pipeline_internal.providers
             CROSS JOIN LATERAL ( SELECT ((EXTRACT(epoch FROM (clock_timestamp() - providers.refilled_at)))::double precision / (60)::double precision) AS minutes) passed)) p;
COMMENT ON VIEW pipeline_monitoring.providers IS 'Each provider''s rates, what its buckets hold now, and its circuit: closed, open or half-open, since when and why, and when the next probe is due. A negative level is a debt of the bucket.';
GRANT SELECT ON TABLE pipeline_monitoring.providers TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.providers TO service_role;

CREATE VIEW pipeline_monitoring.queues AS
 SELECT q.stage,
    q.message_count,
    q.due_count,
    j.working_count,
    GREATEST(((q.message_count - q.due_count) - j.working_count), (0)::bigint) AS postponed_count,
    round((q.oldest_due_seconds)::numeric, 1) AS oldest_due_seconds,
    ( SELECT count(*) AS count
           FROM pipeline_internal.worker_runs r
          WHERE ((r.stage = q.stage) AND (r.ended_at IS NULL) AND (r.heartbeat_at > (now() - '00:00:30'::interval)))) AS running_count,
    s.max_invocations,
    (p.opened_at IS NOT NULL) AS is_circuit_open,
    s.paused_at,
    s.paused_because
   FROM (((pipeline_monitoring.queue_depths() q(stage, message_count, due_count, oldest_due_seconds)
     JOIN pipeline_internal.stages s USING (stage))
     LEFT JOIN pipeline_internal.providers p USING (provider))
     CROSS JOIN LATERAL ( SELECT count(*) AS working_count
           FROM upload_pipeline.upload_jobs
          WHERE ((upload_jobs.stage = q.stage) AND (upload_jobs.message_id IS NOT NULL) AND (upload_jobs.state = 'working'::text))) j);
COMMENT ON VIEW pipeline_monitoring.queues IS 'Each stage''s queue: messages that are due, being processed, and postponed (a retry, a pause, the next poll); the age of the oldest due message; the running invocations; and since when and why the stage is paused.';
GRANT SELECT ON TABLE pipeline_monitoring.queues TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.queues TO service_role;

CREATE VIEW pipeline_monitoring.runs AS
 SELECT s.stage,
    COALESCE(r.ended_by,
        CASE
            WHEN (r.started_at IS NULL) THEN 'called'::text
            ELSE 'running'::text
        END) AS ending,
    count(r.run_id) AS run_count,
    sum(r.settled_count) AS settled_count,
    round(avg(EXTRACT(epoch FROM (r.started_at - r.called_at))), 3) AS average_start_seconds
   FROM (pipeline_internal.stages s
     JOIN pipeline_internal.worker_runs r ON (((r.stage = s.stage) AND (r.called_at > (now() - '01:00:00'::interval)))))
  GROUP BY s.stage, COALESCE(r.ended_by,
        CASE
            WHEN (r.started_at IS NULL) THEN 'called'::text
            ELSE 'running'::text
        END);
COMMENT ON VIEW pipeline_monitoring.runs IS 'The runs of the last hour by how they ended: drained and budget are normal; lost runs died, and refused runs exceeded the limit.';
GRANT SELECT ON TABLE pipeline_monitoring.runs TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.runs TO service_role;

CREATE VIEW pipeline_monitoring.schedules AS
 SELECT schedule,
    timing,
    is_active,
    last_started_at,
    last_success_at,
    round(EXTRACT(epoch FROM (clock_timestamp() - last_success_at))) AS seconds_since_success,
    failures_10min,
    failures_1h,
    last_failure,
    last_failure_at,
    runs_1h,
    last_seconds,
    p95_seconds_1h,
    is_running
   FROM pipeline_monitoring.schedule_runs() schedule_runs(schedule, timing, is_active, last_started_at, last_success_at, failures_10min, failures_1h, last_failure, last_failure_at, runs_1h, last_seconds, p95_seconds_1h, is_running);
COMMENT ON VIEW pipeline_monitoring.schedules IS 'Whether pg_cron runs the schedules of the pipeline: the latest runs, how long they took, and failures.';
GRANT SELECT ON TABLE pipeline_monitoring.schedules TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.schedules TO service_role;

CREATE VIEW pipeline_monitoring.stage_latency AS
 WITH counted AS (
         SELECT w_1.time_window,
            m.stage,
            m.bucket,
            sum(m.transition_count) AS transition_count
           FROM (pipeline_internal.time_windows w_1
             JOIN pipeline_internal.stage_transitions m ON ((m.since > (now() - w_1.length))))
          GROUP BY w_1.time_window, m.stage, m.bucket
        ), ranked AS (
         SELECT counted.time_window,
            counted.stage,
            counted.bucket,
            counted.transition_count,
            sum(counted.transition_count) OVER (PARTITION BY counted.time_window, counted.stage ORDER BY counted.bucket) AS up_to,
            sum(counted.transition_count) OVER (PARTITION BY counted.time_window, counted.stage) AS total,
            round(power(1.1, ((counted.bucket)::numeric - 0.5)), 3) AS seconds
           FROM counted
        ), quantiles AS (
         SELECT ranked.time_window,
            ranked.stage,
            (max(ranked.total))::bigint AS transition_count,
            min(ranked.seconds) FILTER (WHERE (ranked.up_to >= (0.50 * ranked.total))) AS p50_seconds,
            min(ranked.seconds) FILTER (WHERE (ranked.up_to >= (0.95 * ranked.total))) AS p95_seconds,
            min(ranked.seconds) FILTER (WHERE (ranked.up_to >= (0.99 * ranked.total))) AS p99_seconds
           FROM ranked
          GROUP BY ranked.time_window, ranked.stage
        )
 SELECT s.stage,
    w.time_window,
    COALESCE(q.transition_count, (0)::bigint) AS transition_count,
    round(((COALESCE(q.transition_count, (0)::bigint))::numeric / (EXTRACT(epoch FROM w.length) / (60)::numeric)), 2) AS per_minute,
    q.p50_seconds,
    q.p95_seconds,
    q.p99_seconds
   FROM ((pipeline_internal.time_windows w
     CROSS JOIN ( SELECT stages.stage
           FROM pipeline_internal.stages
        UNION ALL
         SELECT 'document'::text) s)
     LEFT JOIN quantiles q USING (time_window, stage));
COMMENT ON VIEW pipeline_monitoring.stage_latency IS 'The transitions of each stage and their durations, from entering the stage to entering the next one, waiting and failed attempts included. Stage `document` is the whole time. Quantiles are accurate within 5 %, and some seconds behind.';
GRANT SELECT ON TABLE pipeline_monitoring.stage_latency TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.stage_latency TO service_role;

CREATE VIEW pipeline_monitoring.stages AS
 SELECT s.stage,
    row_number() OVER (ORDER BY e.total_pct, s.stage) AS "position",
    s.provider,
    s.next_stage,
    s.paused_at,
    s.paused_because,
    s.slots,
    s.batch,
    s.max_invocations,
    s.lease_seconds,
    s.max_attempts
   FROM (pipeline_internal.stages s
     JOIN upload_pipeline.statuses e ON ((e.status = s.entry_status)));
COMMENT ON VIEW pipeline_monitoring.stages IS 'The stages in the order in which documents pass them: pause, concurrency, lease and attempts.';
GRANT SELECT ON TABLE pipeline_monitoring.stages TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.stages TO service_role;

CREATE VIEW pipeline_monitoring.stored_files AS
 SELECT kind,
    file_count,
    bytes,
    ( SELECT count(*) AS count
           FROM pipeline_internal.file_cleanups) AS awaiting_cleanup_count
   FROM ( SELECT COALESCE("substring"(objects.name, '^user/[^/]+/([^/]+)/'::text), 'other'::text) AS kind,
            count(*) AS file_count,
            sum(((objects.metadata ->> 'size'::text))::bigint) AS bytes
           FROM storage.objects
          WHERE (objects.bucket_id = 'files'::text)
          GROUP BY COALESCE("substring"(objects.name, '^user/[^/]+/([^/]+)/'::text), 'other'::text)) f;
COMMENT ON VIEW pipeline_monitoring.stored_files IS 'The files in the bucket: originals, parsed text, and raw files that are not verified yet or came too late.';
GRANT SELECT ON TABLE pipeline_monitoring.stored_files TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.stored_files TO service_role;

CREATE VIEW pipeline_monitoring.tables AS
 SELECT table_name,
    table_bytes,
    index_bytes,
    estimated_rows,
    dead_rows,
    last_vacuum_at,
    last_autovacuum_at,
    last_analyze_at,
    vacuum_threshold,
    age_transactions,
    bloat_bytes
   FROM pipeline_monitoring.table_statistics() table_statistics(table_name, table_bytes, index_bytes, estimated_rows, dead_rows, vacuum_threshold, last_vacuum_at, last_autovacuum_at, last_analyze_at, age_transactions, bloat_bytes);
COMMENT ON VIEW pipeline_monitoring.tables IS 'The sizes of the tables, their dead rows, the number of them at which autovacuum begins, and an estimate of bloat.';
GRANT SELECT ON TABLE pipeline_monitoring.tables TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.tables TO service_role;

CREATE VIEW pipeline_monitoring.unfinished_documents AS
 SELECT document_id,
    job_id,
    user_id,
    filename,
    status,
    state,
    stage,
    reason,
    cause,
    next_step_at,
    "position",
    lost_count,
    mended_by,
    remedy,
    sentence
   FROM pipeline_monitoring.explain_unfinished() explain_unfinished(document_id, job_id, user_id, filename, status, state, stage, reason, cause, next_step_at, "position", lost_count, mended_by, remedy, sentence);
COMMENT ON VIEW pipeline_monitoring.unfinished_documents IS 'Why is this document not finished? One row for each that is not, with the answer as a sentence: the cause, the next attempt, its position, and what to do. mended_by says who does it: an operator, the document''s owner alone, or the pipeline, which goes on by itself.';
GRANT SELECT ON TABLE pipeline_monitoring.unfinished_documents TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.unfinished_documents TO service_role;

CREATE VIEW pipeline_monitoring.usage AS
 WITH documents AS (
         SELECT documents.user_id,
            sum(documents.bytes_len) AS bytes
           FROM upload_pipeline.documents
          GROUP BY documents.user_id
        ), jobs AS (
         SELECT upload_jobs.user_id,
            count(*) AS document_count,
            max(upload_jobs.created_at) AS last_registered_at,
            count(*) FILTER (WHERE (upload_jobs.created_at > (now() - '1 day'::interval))) AS registered_24h_count,
            count(*) FILTER (WHERE (upload_jobs.status = 'complete'::text)) AS complete_count,
            count(*) FILTER (WHERE (upload_jobs.state = 'deadletter'::text)) AS failed_count,
            count(*) FILTER (WHERE (upload_jobs.message_id IS NOT NULL)) AS active_count,
            count(*) FILTER (WHERE (upload_jobs.user_queued_at IS NOT NULL)) AS user_queued_count
           FROM upload_pipeline.upload_jobs
          GROUP BY upload_jobs.user_id
        ), charged AS (
         SELECT user_costs.user_id,
            sum(user_costs.quantity) FILTER (WHERE (user_costs.purpose = 'parse'::text)) AS parsed_page_count,
            sum(user_costs.quantity) FILTER (WHERE (user_costs.purpose <> 'parse'::text)) AS embedded_token_count,
            sum(user_costs.cents) AS cost_cents,
            sum(user_costs.cents) FILTER (WHERE (user_costs.month >= (date_trunc('month'::text, (now() AT TIME ZONE 'utc'::text)))::date)) AS cost_cents_this_month
           FROM pipeline_internal.user_costs
          GROUP BY user_costs.user_id
        )
 SELECT user_id,
    COALESCE(j.document_count, (0)::bigint) AS document_count,
    COALESCE(j.complete_count, (0)::bigint) AS complete_count,
    COALESCE(j.failed_count, (0)::bigint) AS failed_count,
    COALESCE(j.active_count, (0)::bigint) AS active_count,
    COALESCE(j.user_queued_count, (0)::bigint) AS user_queued_count,
    COALESCE(d.bytes, (0)::numeric) AS bytes,
    COALESCE(j.registered_24h_count, (0)::bigint) AS registered_24h_count,
    j.last_registered_at,
    COALESCE(c.parsed_page_count, (0)::numeric) AS parsed_page_count,
    COALESCE(c.embedded_token_count, (0)::numeric) AS embedded_token_count,
    round(COALESCE(c.cost_cents, (0)::numeric), 4) AS cost_cents,
    round(COALESCE(c.cost_cents_this_month, (0)::numeric), 4) AS cost_cents_this_month
   FROM ((documents d
     LEFT JOIN jobs j USING (user_id))
     FULL JOIN charged c USING (user_id));
COMMENT ON VIEW pipeline_monitoring.usage IS 'The documents and costs of each user: deleted documents are in the costs, not in the counts.';
GRANT SELECT ON TABLE pipeline_monitoring.usage TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.usage TO service_role;

CREATE VIEW pipeline_monitoring.webhooks AS
 WITH submitted AS MATERIALIZED (
         SELECT s_1.submitted_at,
            s_1.finished_at,
            d.received_at,
            EXTRACT(epoch FROM (d.received_at - s_1.submitted_at)) AS seconds
           FROM (pipeline_internal.submissions s_1
             LEFT JOIN LATERAL ( SELECT min(d_1.received_at) AS received_at
                   FROM pipeline_internal.deliveries d_1
                  WHERE ((d_1.provider_job_id = s_1.provider_job_id) AND (d_1.event_type <> ALL (ARRAY['parse.pending'::text, 'parse.running'::text])))) d ON (true))
          WHERE (s_1.submitted_at > (now() - '01:00:00'::interval))
        )
 SELECT w.time_window,
    s.submitted_count,
    s.awaited_count,
    s.missing_count,
    s.late_count,
    s.p50_seconds,
    s.p95_seconds,
    ( SELECT count(*) AS count
           FROM pipeline_internal.deliveries
          WHERE (deliveries.received_at > (now() - w.length))) AS delivery_count,
    ( SELECT count(*) AS count
           FROM pipeline_internal.audit_log
          WHERE ((audit_log.action = 'webhook_refused'::text) AND (audit_log.happened_at > (now() - w.length)))) AS refused_count,
    ( SELECT max(deliveries.received_at) AS max
           FROM pipeline_internal.deliveries) AS last_delivery_at
   FROM (pipeline_internal.time_windows w
     CROSS JOIN LATERAL ( SELECT count(*) AS submitted_count,
            count(*) FILTER (WHERE ((submitted.received_at IS NULL) AND (submitted.finished_at IS NULL))) AS awaited_count,
            count(*) FILTER (WHERE ((submitted.received_at IS NULL) AND (submitted.finished_at IS NOT NULL))) AS missing_count,
            count(*) FILTER (WHERE (submitted.received_at > submitted.finished_at)) AS late_count,
            round((percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((submitted.seconds)::double precision)))::numeric, 1) AS p50_seconds,
            round((percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY ((submitted.seconds)::double precision)))::numeric, 1) AS p95_seconds
           FROM submitted
          WHERE (submitted.submitted_at > (now() - w.length))) s)
  WHERE (w.length <= '01:00:00'::interval);
COMMENT ON VIEW pipeline_monitoring.webhooks IS 'LlamaParse''s callbacks: for how many submissions the final callback is awaited, never came (missing), or came after polling had fetched the result (late); the seconds from submission to callback; and refused calls.';
GRANT SELECT ON TABLE pipeline_monitoring.webhooks TO pipeline_monitoring;
GRANT SELECT ON TABLE pipeline_monitoring.webhooks TO service_role;

CREATE FUNCTION pipeline_monitoring.dead_letter_reasons(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(code text, error_class text, mended_by text, remedy text, document_count bigint, user_count bigint, oldest_at timestamp with time zone, newest_at timestamp with time zone, stages text[], example_document_id uuid, example_message text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select g.code, pipeline_internal.error_class(g.code), coalesce(f.mended_by, 'operator'),
         coalesce(f.remedy, 'find its cause in the history of the example, then redrive'), g.document_count,
         g.user_count, g.oldest_at, g.newest_at, g.stages, g.example_document_id,
         (select e.last_error ->> 'message' from upload_pipeline.upload_jobs e
          where e.document_id = g.example_document_id)
  from (
    select j.last_error ->> 'code' as code, count(*) as document_count, count(distinct j.user_id) as user_count,
           min(j.finished_at) as oldest_at, max(j.finished_at) as newest_at,
           array_agg(distinct j.last_error ->> 'stage') as stages,
           (array_agg(j.document_id order by j.finished_at desc))[1] as example_document_id
    from upload_pipeline.upload_jobs j
    where j.state = 'deadletter' and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.finished_at >= p_from) and (p_until is null or j.finished_at < p_until)
    group by 1
  ) g
  left join pipeline_internal.failure_remedies f using (code)
  order by g.document_count desc, g.code
$$;
COMMENT ON FUNCTION pipeline_monitoring.dead_letter_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) IS 'The dead letter by error code: how many documents, since when, who mends it and how, and the newest as an example. Runs as its owner, like matching_documents.';
REVOKE ALL ON FUNCTION pipeline_monitoring.dead_letter_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.dead_letter_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.dead_letter_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) TO service_role;

CREATE FUNCTION pipeline_monitoring.document_costs(p_document_id uuid) RETURNS TABLE(day date, purpose text, model text, quantity bigint, credits numeric, cost_cents numeric)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select c.day, c.purpose, c.model, sum(c.quantity)::bigint, sum(c.credits), round(sum(c.cents), 4)
  from pipeline_internal.charges c where c.document_id = p_document_id
  group by c.day, c.purpose, c.model order by c.day, c.purpose desc, c.model
$$;
COMMENT ON FUNCTION pipeline_monitoring.document_costs(p_document_id uuid) IS 'What the providers charged for a document, by day. Runs as its owner, like matching_documents.';
REVOKE ALL ON FUNCTION pipeline_monitoring.document_costs(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.document_costs(p_document_id uuid) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.document_costs(p_document_id uuid) TO service_role;

CREATE FUNCTION pipeline_monitoring.document_history(p_document_id uuid) RETURNS TABLE(at timestamp with time zone, kind text, what text, stage text, attempt integer, code text, detail text, request_id text, run_id uuid, id text, until timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with job as (
    select job_id, correlation_id from upload_pipeline.upload_jobs where document_id = p_document_id
  ), submitted as (
    select s.*, j.correlation_id from pipeline_internal.submissions s join job j using (job_id)
  ), events as (
    select e.created_at, e.type, e.status, e.stage, e.attempt, e.code, e.message, e.correlation_id, e.run_id,
           e.event_id, e.event_no, e.claimed_at, lag(e.status) over (order by e.event_no) as status_before
    from upload_pipeline.events e where e.document_id = p_document_id
  ), attempts as (
    -- The attempts that an event ended, and the present one. A status event names the stage that it leads to.
    (select distinct on (t.claimed_at) t.claimed_at, case t.type when 'status' then s.stage else t.stage end as stage,
            t.attempt, t.code, t.correlation_id, t.run_id, t.created_at as ended_at
     from events t
     left join pipeline_internal.stages s on t.status_before in (s.entry_status, s.working_status)
     where t.claimed_at is not null
     order by t.claimed_at, t.event_no)
    union all
    select j.claimed_at, j.stage, j.attempt_count, null, j.correlation_id, j.run_id, null
    from upload_pipeline.upload_jobs j where j.document_id = p_document_id and j.state = 'working'
  ), history (at, kind, what, stage, attempt, code, detail, request_id, run_id, id, until, ord) as (
    select t.created_at, t.type, t.status, t.stage, t.attempt, t.code, t.message, t.correlation_id, t.run_id,
           t.event_id::text, null::timestamptz, t.event_no
    from events t
    union all
    select a.claimed_at, 'attempt', 'claimed', a.stage, a.attempt, a.code, null, a.correlation_id, a.run_id, null,
           a.ended_at, 0
    from attempts a
    union all
    select moment.at, 'submission', moment.what, 'parse', null, null, moment.detail, s.correlation_id, null,
           s.submission_id::text, null, moment.ord
    from submitted s
    cross join lateral (values
      (1, s.requested_at, 'intended', nullif(concat_ws(
        '; ', 'pages ' || array_to_string(s.pages, ', '), case when s.ocr then 'with OCR' end,
        case when s.is_page_reparse then 'once more' end), '')),
      (2, s.submitted_at, 'submitted', 'LlamaParse''s job ' || s.provider_job_id),
      (3, s.finished_at, coalesce(s.outcome, 'ended'), 'asked ' || s.poll_count || ' times')
    ) moment (ord, at, what, detail)
    where moment.at is not null
    union all
    select d.received_at, 'callback', d.event_type, 'fetch_result', null, null,
           'LlamaParse''s job ' || d.provider_job_id,
           d.request_id, null, d.event_id, null, 0
    from pipeline_internal.deliveries d
    where d.job_id = (select job_id from job)
       or d.provider_job_id in (select provider_job_id from submitted)
    union all
    select moment.at, 'run', moment.what, r.stage, null, null, moment.detail, null, r.run_id, r.run_id::text,
           null, moment.ord
    from pipeline_internal.worker_runs r
    cross join lateral (values
      (1, r.called_at, 'called', null),
      (2, r.started_at, 'started', null),
      (3, r.ended_at, coalesce(r.ended_by, 'ended'), 'settled ' || r.settled_count || ' in all')
    ) moment (ord, at, what, detail)
    where moment.at is not null
      and r.run_id in (select t.run_id from events t union all select a.run_id from attempts a)
  )
  select at, kind, what, stage, attempt, code, detail, request_id, run_id, id, until
  from history order by at, kind, ord
$$;
COMMENT ON FUNCTION pipeline_monitoring.document_history(p_document_id uuid) IS 'The history of a document, in the order of time: its events, attempts, submissions, deliveries and runs. request_id is the field of that name in the logs, one for each registration; id is the id of the row; until is when an attempt ended, and its code why. Runs as its owner, like find_document.';
REVOKE ALL ON FUNCTION pipeline_monitoring.document_history(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.document_history(p_document_id uuid) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.document_history(p_document_id uuid) TO service_role;

CREATE FUNCTION pipeline_monitoring.document_rows(p_document_ids uuid[]) RETURNS TABLE(document_id uuid, job_id uuid, user_id uuid, filename text, filename_full text, mime text, bytes_len bigint, page_count integer, chunk_count integer, language text, ocr boolean, warning_codes text[], status text, state text, stage text, is_user_queued boolean, waiting_for text, code text, message text, reference text, attempt_count integer, max_attempts integer, retry_count integer, lost_count integer, is_isolated boolean, next_attempt_at timestamp with time zone, request_id text, created_at timestamp with time zone, updated_at timestamp with time zone, finished_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select d.document_id, j.job_id, d.user_id, d.filename, d.filename_full, d.mime, d.bytes_len, d.page_count,
         d.chunk_count, d.language, j.ocr,
         array(select w ->> 'code' from jsonb_array_elements(d.warnings) w order by 1), j.status, j.state, j.stage,
         j.user_queued_at is not null, j.waiting_for, j.last_error ->> 'code', j.last_error ->> 'message',
         j.last_error ->> 'reference', j.attempt_count, s.max_attempts, j.retry_count, j.lost_count, j.is_isolated,
         j.next_attempt_at, j.correlation_id, d.created_at, j.updated_at, j.finished_at
  from upload_pipeline.documents d
  join upload_pipeline.upload_jobs j using (document_id)
  left join pipeline_internal.stages s on s.stage = j.stage
  where d.document_id = any (p_document_ids)
  order by d.created_at desc, d.document_id desc
$$;
COMMENT ON FUNCTION pipeline_monitoring.document_rows(p_document_ids uuid[]) IS 'What operators see of documents and their jobs, newest first; no text of theirs. Runs as its owner, like matching_documents.';
REVOKE ALL ON FUNCTION pipeline_monitoring.document_rows(p_document_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.document_rows(p_document_ids uuid[]) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.document_rows(p_document_ids uuid[]) TO service_role;

CREATE FUNCTION pipeline_monitoring.explain_document(p_document_id uuid) RETURNS TABLE(reason text, mended_by text, next_step_at timestamp with time zone, queue_position bigint, remedy text, sentence text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return query
    select u.reason, u.mended_by, u.next_step_at, u.position, u.remedy, u.sentence
    from pipeline_monitoring.explain_unfinished(p_document_id) u
    -- For a document that does not exist, all would be explained.
    where p_document_id is not null;
  if not found then
    return query
      select 'finished', null::text, null::timestamptz, null::bigint, null::text,
             format('%s is finished: it is %s.', d.filename, d.status)
      from pipeline_monitoring.document_rows(array[p_document_id]) d;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_monitoring.explain_document(p_document_id uuid) IS 'Why a document is not finished, as unfinished_documents says it, or that it is.';
REVOKE ALL ON FUNCTION pipeline_monitoring.explain_document(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.explain_document(p_document_id uuid) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.explain_document(p_document_id uuid) TO service_role;

CREATE FUNCTION pipeline_monitoring.explain_unfinished(p_document_id uuid DEFAULT NULL::uuid) RETURNS TABLE(document_id uuid, job_id uuid, user_id uuid, filename text, status text, state text, stage text, reason text, cause text, next_step_at timestamp with time zone, "position" bigint, lost_count integer, mended_by text, remedy text, sentence text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_custom_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
begin
  return query
    with asked as materialized (
      select clock_timestamp() as asked_at
    ), due as (
      select job_id, row_number() over (partition by stage order by message_id) as position
      from upload_pipeline.upload_jobs
      cross join asked
      where message_id is not null and state <> 'working' and coalesce(next_attempt_at, updated_at) <= asked_at
    ), user_queued as (
      select job_id, row_number() over (partition by user_id order by user_queued_at, job_id) as position
      from upload_pipeline.upload_jobs where user_queued_at is not null
    ), lost as materialized (
      select lost_messages as job_id from pipeline_monitoring.lost_messages()
    ), stages as (
      select s.*, p.opened_at, p.probe_at, p.code as provider_code, p.message as provider_message,
             -- The same as pipeline_internal.refilled.
             s.requests_per_message > 0 and p.request_level
               + extract(epoch from asked_at - p.refilled_at) / 60 * p.requests_per_minute
               < s.requests_per_message as is_budget_spent,
             (select count(*) from pipeline_internal.worker_runs r
              where r.stage = s.stage and r.ended_at is null
                and r.heartbeat_at > now() - interval '30 seconds') as running_count
      from pipeline_internal.stages s
      left join pipeline_internal.providers p using (provider)
      cross join asked
    ), reasoned as (
      select j.*, asked_at, s.max_attempts, s.provider, s.opened_at, s.probe_at, s.provider_code, s.provider_message,
             s.running_count, s.max_invocations, s.paused_at, s.paused_because, d.filename,
             coalesce(due.position, user_queued.position) as position,
             j.last_error ->> 'code' as error_code, j.last_error ->> 'message' as error_message,
             case when j.lost_count > 0 then format(', and %s lost attempts', j.lost_count) else '' end as losses,
             case
               when j.status = 'expired' then 'expired'
               when j.state = 'deadletter' then 'given_up'
               when j.status = 'awaiting_upload' and j.upload_expires_at < asked_at then 'upload_overdue'
               when j.status = 'awaiting_upload' then 'awaiting_upload'
               when j.user_queued_at is not null and j.waiting_for = 'MONTHLY_BUDGET_SPENT' then 'over_budget'
               when j.user_queued_at is not null then 'user_queued'
               when lost.job_id is not null then 'message_lost'
               when j.state = 'working' then 'working'
               when due.job_id is null and j.state = 'retryable' and j.waiting_for = 'WORKER_LOST' then 'worker_lost'
               when due.job_id is null and j.state = 'retryable' then 'retry_scheduled'
               when due.job_id is null and j.stage = 'fetch_result'
                 and coalesce(j.waiting_for, 'PARSER_AT_WORK') = 'PARSER_AT_WORK'
                 then 'parser_at_work'
               when due.job_id is null and j.waiting_for = 'DAILY_PAGES_SPENT' then 'over_daily_pages'
               when due.job_id is null then 'paused'
               when s.paused_at is not null then 'stage_paused'
               when s.opened_at is not null and s.probe_at > asked_at then 'circuit_open'
               when s.is_budget_spent then 'budget_spent'
               when j.is_isolated then 'isolated'
               else 'waiting_for_worker'
             end as reason
      from upload_pipeline.upload_jobs j
      cross join asked
      join upload_pipeline.documents d using (document_id)
      left join stages s on s.stage = j.stage
      left join due using (job_id)
      left join user_queued using (job_id)
      left join lost using (job_id)
      where j.status <> 'complete' and j.status <> 'duplicate'
        and (p_document_id is null or j.document_id = p_document_id)
      offset 0
    ), explained as (
      select r.*, f.mended_by as failure_mended_by, f.remedy as failure_remedy,
        case reason
          when 'expired' then 'its bytes never arrived'
          when 'given_up' then format(
            'stage %s rejected it after %s failed attempts%s: %s (%s)',
            last_error ->> 'stage', retry_count, losses, error_message, error_code)
          when 'upload_overdue' then 'its bytes have not arrived, and its upload URL has expired'
          when 'awaiting_upload' then 'its bytes have not arrived'
          when 'over_budget' then
            'the monthly budget of its owner or of the project does not cover its expected cost'
          when 'user_queued' then format(
            'it waits in the user queue: its owner may have %s active documents at once',
            (select active_documents_per_user from pipeline_internal.limits))
          when 'message_lost' then format('its message is missing from the queue %s', stage)
          when 'working' then format(
            'a worker has processed it at stage %s for %s, attempt %s of %s%s',
            stage, date_trunc('second', asked_at - claimed_at), attempt_count, max_attempts,
            losses || case when is_isolated then ', in isolation' else '' end)
          when 'worker_lost' then format(
            '%s at stage %s; it is retried after a backoff%s',
            case lost_count
              when 1 then 'its worker was lost'
              else lost_count || ' of its workers were lost' end,
            stage, case when is_isolated then ', in isolation' else '' end)
          when 'isolated' then format(
            '%s of its workers were lost at stage %s, and it waits for isolation', lost_count, stage)
          when 'retry_scheduled' then format(
            'attempt %s of %s at stage %s failed: %s (%s)%s',
            attempt_count, max_attempts, stage, error_message, error_code, losses)
          when 'parser_at_work' then 'LlamaParse is parsing it, and has not called back yet'
          when 'over_daily_pages' then format(
            'its owner has used the daily limit of %s parsed pages',
            (select pages_per_user_per_day from pipeline_internal.limits))
          when 'paused' then format(
            '%s asked to wait at stage %s: %s',
            coalesce(provider, 'the worker'), stage, coalesce(waiting_for, 'its message has a delay'))
          when 'stage_paused' then format(
            'an operator has paused the stage %s since %s: %s',
            stage, to_char(paused_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'), paused_because)
          when 'circuit_open' then format(
            'the circuit of %s has been open since %s: %s (%s)',
            provider, to_char(opened_at at time zone 'utc', 'HH24:MI:SS "UTC"'), provider_message, provider_code)
          when 'budget_spent' then format('the request bucket of %s is empty', provider)
          else format(
            'it waits for a worker at stage %s, where %s of %s invocations run', stage, running_count, max_invocations)
        end as cause,
        case reason
          when 'awaiting_upload' then null
          when 'over_budget' then
            (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc'
          when 'circuit_open' then probe_at
          when 'message_lost' then date_trunc('minute', asked_at) + interval '1 minute'
          when 'upload_overdue' then null
          else case when next_attempt_at > asked_at then next_attempt_at end
        end as next_step_at,
        case reason
          when 'expired' then 'register and upload it again'
          when 'given_up' then case f.mended_by
            when 'owner' then f.remedy
            else format(
              '%s, then run: npm run pipeline -- retry %s (in SQL: select pipeline_internal.redrive(%L))',
              coalesce(f.remedy, 'look for the cause (npm run pipeline -- history ' || job_id || ')'), job_id, job_id)
          end
          when 'upload_overdue' then 'register it again; this registration expires by itself'
          when 'awaiting_upload' then format(
            'send them to the signed URL, which is valid until %s',
            to_char(upload_expires_at at time zone 'utc', 'HH24:MI "UTC"'))
          when 'user_queued' then 'nothing, or raise pipeline_internal.limits.active_documents_per_user'
          when 'over_budget' then
            'wait for the next month, or raise the budget: npm run pipeline -- cost shows it, and '
            'pipeline_internal.limits and user_budgets hold it'
          when 'message_lost' then
            'nothing: the reconciler sends a new message; if the problem persists, run: npm run doctor '
            '(in SQL: pipeline_monitoring.schedules)'
          when 'working' then 'nothing: if the worker dies, another claims the document after its lease ends'
          when 'worker_lost' then
            'nothing: this costs no attempt, and isolation rejects a document that kills its workers; '
            'npm run pipeline -- history ' || job_id || ' shows the lost runs (in SQL: pipeline_monitoring.runs)'
          when 'isolated' then case
            when coalesce(next_attempt_at, updated_at) > asked_at - interval '10 minutes'
            then 'nothing: isolation processes one suspect at a time'
            else 'see whether the function isolation answers and is called: npm run doctor '
              '(in SQL: pipeline_monitoring.schedules)'
          end
          when 'retry_scheduled' then format(
            'nothing, or to retry it now, run: npm run pipeline -- retry %s (in SQL: '
            'select pipeline_internal.retry_job(%L, %L))', job_id, user_id, job_id)
          when 'parser_at_work' then
            'nothing: workers poll LlamaParse; if callbacks never come, run: npm run doctor -- --round-trips '
            '(in SQL: pipeline_monitoring.webhooks)'
          when 'over_daily_pages' then
            'nothing: it continues a day after the first of these pages; '
            'or raise pipeline_internal.limits.pages_per_user_per_day'
          when 'paused' then
            'nothing: a pause costs no attempt; if it persists, run: npm run pipeline -- watch '
            '(in SQL: pipeline_monitoring.providers)'
          when 'stage_paused' then format(
            'when the reason is gone, run: npm run pipeline -- resume %s (in SQL: '
            'select pipeline_internal.resume_stage(%L))', stage, stage)
          when 'circuit_open' then coalesce(
            f.remedy || '; a probe then closes the circuit',
            'nothing: a probe closes the circuit when the provider recovers')
          when 'budget_spent' then
            'nothing: the bucket refills; if your account allows more, raise the rates in pipeline_internal.providers'
          else case
            when coalesce(next_attempt_at, updated_at) > asked_at - interval '1 minute'
            then 'nothing: the next free worker claims it'
            when running_count = 0 then
              'no worker comes: run: npm run doctor -- --round-trips (in SQL: pipeline_monitoring.schedules and '
              'database_calls; and the Vault secret pipeline_functions_url)'
            else
              'the workers have a backlog (npm run pipeline -- watch): raise max_invocations or slots of the stage in '
              'pipeline_internal.stages'
          end
        end as remedy
      from reasoned r
      left join pipeline_internal.failure_remedies f
        on f.code = case reason when 'given_up' then error_code when 'circuit_open' then provider_code end
      offset 0
    ), assigned as (
      select e.*,
             case
               when reason in ('expired', 'upload_overdue', 'awaiting_upload') then 'owner'
               when reason = 'given_up' then coalesce(failure_mended_by, 'operator')
               when reason in ('over_budget', 'stage_paused') then 'operator'
               when remedy like 'nothing%' then 'pipeline'
               else 'operator'
             end as mended_by
      from explained e
      offset 0
    )
    select document_id, job_id, user_id, filename, status, state, stage, reason, cause, next_step_at, position,
           lost_count, mended_by, remedy,
           filename || ' is not finished: ' || cause || '.'
             || coalesce(' It is number ' || position || ' in the queue.', '')
             || coalesce(
               ' Next at ' || to_char(next_step_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS "UTC"') || '.', '')
             || case mended_by when 'owner' then ' Its owner can mend it: ' else ' To do: ' end || remedy || '.'
             as sentence
    from assigned;
end $$;
COMMENT ON FUNCTION pipeline_monitoring.explain_unfinished(p_document_id uuid) IS 'The rows of unfinished_documents: all, or that of one document, without explaining the others. Runs as its owner: readers have no rights on the tables.';
REVOKE ALL ON FUNCTION pipeline_monitoring.explain_unfinished(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.explain_unfinished(p_document_id uuid) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.explain_unfinished(p_document_id uuid) TO service_role;

CREATE FUNCTION pipeline_monitoring.find_document(p_id text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_uuid uuid := case when pg_input_is_valid(p_id, 'uuid') then p_id::uuid end;
begin
  return coalesce(
    (select document_id from upload_pipeline.documents where document_id = v_uuid),
    (select document_id from upload_pipeline.upload_jobs where job_id = v_uuid),
    (select document_id from upload_pipeline.events where event_id = v_uuid),
    (select j.document_id from pipeline_internal.submissions s join upload_pipeline.upload_jobs j using (job_id)
     where s.provider_job_id = p_id or s.submission_id = v_uuid limit 1),
    (select document_id from upload_pipeline.events
     where correlation_id = p_id and status = 'awaiting_upload' limit 1),
    -- After the events were purged. No index: this is rare, and jobs change all the time.
    (select document_id from upload_pipeline.upload_jobs where correlation_id = p_id limit 1));
end $$;
COMMENT ON FUNCTION pipeline_monitoring.find_document(p_id text) IS 'Finds a document by an id: the document''s own, its job''s, the reference of an error, LlamaParse''s id of the parse, the submission''s id, or the id of the request that registered it. Null: none. Runs as its owner: readers have no rights on the tables.';
REVOKE ALL ON FUNCTION pipeline_monitoring.find_document(p_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.find_document(p_id text) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.find_document(p_id text) TO service_role;

CREATE FUNCTION pipeline_monitoring.find_user(p_user text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select u.id from auth.users u
  where u.deleted_at is null
    and case when pg_input_is_valid(p_user, 'uuid') then u.id = p_user::uuid else u.email = lower(trim(p_user)) end
  order by u.created_at limit 1
$$;
COMMENT ON FUNCTION pipeline_monitoring.find_user(p_user text) IS 'The id of the user with this id or e-mail address. Null: none. Runs as its owner, to read Auth''s users.';
REVOKE ALL ON FUNCTION pipeline_monitoring.find_user(p_user text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.find_user(p_user text) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.find_user(p_user text) TO service_role;

CREATE FUNCTION pipeline_monitoring.lost_messages() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_stage text;
begin
  for v_stage in select s.stage from pipeline_internal.stages s loop
    return query execute format(
      $q$
        select j.job_id from upload_pipeline.upload_jobs j
        where j.stage = $1 and j.message_id is not null
          and not exists (select from pgmq.%I q where q.msg_id = j.message_id)
      $q$, 'q_' || v_stage) using v_stage;
  end loop;
end $_$;
COMMENT ON FUNCTION pipeline_monitoring.lost_messages() IS 'Jobs whose message is missing from its queue; the reconciler sends a new one. Runs as its owner, like queue_depths.';
REVOKE ALL ON FUNCTION pipeline_monitoring.lost_messages() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.lost_messages() TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.lost_messages() TO service_role;

CREATE FUNCTION pipeline_monitoring.matching_documents(p_filter pipeline_monitoring.document_filter, p_before timestamp with time zone, p_before_id uuid, p_limit integer) RETURNS TABLE(document_id uuid, created_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET jit TO 'off'
    AS $_$
declare
  -- A statement for each combination of filters, planned for its values. What only some rows can fulfil is said, so
  -- that partial indexes serve it.
  v_conditions text[] := array_remove(array[
    case when p_filter.status is not null then 'j.status = $1' end,
    case
      when p_filter.status in ('failed_parse', 'failed_chunking', 'failed_embedding') then $c$j.state = 'deadletter'$c$
      when p_filter.status = 'awaiting_upload' then $c$j.status = 'awaiting_upload'$c$
      when p_filter.status in (
        'parse_queued', 'parsed', 'parse_validated', 'chunking', 'chunks_stored', 'embedding_queued',
        'embedding_in_progress', 'embeddings_stored') then 'j.message_id is not null'
      when p_filter.status = 'uploaded' then '(j.message_id is not null or j.user_queued_at is not null)'
    end,
    case when p_filter.state is not null then 'j.state = $2' end,
    case
      when p_filter.state = 'deadletter' then $c$j.state = 'deadletter'$c$
      when p_filter.state in ('working', 'retryable') then 'j.message_id is not null'
      when p_filter.state = 'queued' then
        $c$(j.message_id is not null or j.user_queued_at is not null or j.status = 'awaiting_upload')$c$
    end,
    case when p_filter.code is not null then $c$j.last_error is not null and j.last_error ->> 'code' = $3$c$ end,
    case when p_filter.warning is not null
      then $c$d.warnings <> '[]' and d.warnings @> jsonb_build_array(jsonb_build_object('code', $4))$c$ end,
    case when p_filter.user_id is not null then 'd.user_id = $5 and j.user_id = $5' end,
    case when p_filter.name is not null then
      $c$(strpos(lower(d.filename), lower($6)) > 0 or strpos(lower(d.filename_full), lower($6)) > 0)$c$ end,
    case when p_filter.created_from is not null then 'd.created_at >= $7' end,
    case when p_filter.created_until is not null then 'd.created_at < $8' end,
    case when p_filter.updated_from is not null then 'j.updated_at >= $9' end,
    case when p_filter.updated_until is not null then 'j.updated_at < $10' end,
    case when p_before is not null then '(d.created_at, d.document_id) < ($11, $12)' end
  ], null);
  -- In the order of the index only where the newest documents are likely to match; otherwise it might be read to its
  -- end for a few old ones.
  v_is_rare boolean :=
    coalesce(p_filter.code, p_filter.warning) is not null or p_filter.updated_until is not null
    or p_filter.status <> 'complete' or p_filter.state <> 'done'
    or (p_filter.updated_from is not null and num_nonnulls(
      p_filter.status, p_filter.state, p_filter.user_id, p_filter.name, p_filter.created_from,
      p_filter.created_until) > 0);
begin
  for document_id, created_at in execute format(
    'select found.document_id, found.created_at
     from (
       select d.document_id, d.created_at
       from upload_pipeline.documents d join upload_pipeline.upload_jobs j using (document_id) %s %s) found
     order by found.created_at desc, found.document_id desc limit $13',
    'where ' || nullif(array_to_string(v_conditions, ' and '), ''), case when v_is_rare then 'offset 0' end)
  using p_filter.status, p_filter.state, p_filter.code, p_filter.warning, p_filter.user_id, p_filter.name,
    p_filter.created_from, p_filter.created_until, p_filter.updated_from, p_filter.updated_until, p_before,
    p_before_id, p_limit
  loop
    return next;
  end loop;
end $_$;
COMMENT ON FUNCTION pipeline_monitoring.matching_documents(p_filter pipeline_monitoring.document_filter, p_before timestamp with time zone, p_before_id uuid, p_limit integer) IS 'The newest documents of all users that match a filter, after the one with p_before and p_before_id. Runs as its owner: readers have no rights on the tables.';
REVOKE ALL ON FUNCTION pipeline_monitoring.matching_documents(p_filter pipeline_monitoring.document_filter, p_before timestamp with time zone, p_before_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.matching_documents(p_filter pipeline_monitoring.document_filter, p_before timestamp with time zone, p_before_id uuid, p_limit integer) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.matching_documents(p_filter pipeline_monitoring.document_filter, p_before timestamp with time zone, p_before_id uuid, p_limit integer) TO service_role;

CREATE FUNCTION pipeline_monitoring.queue_depths() RETURNS TABLE(stage text, message_count bigint, due_count bigint, oldest_due_seconds double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  for stage in select s.stage from pipeline_internal.stages s loop
    execute format(
      $q$
        select count(*), count(*) filter (where vt <= clock_timestamp()),
               coalesce(extract(epoch from clock_timestamp() - min(vt)), 0)
        from pgmq.%I
      $q$, 'q_' || stage)
      into message_count, due_count, oldest_due_seconds;
    oldest_due_seconds := greatest(oldest_due_seconds, 0);
    return next;
  end loop;
end $_$;
COMMENT ON FUNCTION pipeline_monitoring.queue_depths() IS 'The depth of each stage''s queue. Runs as its owner: readers have no rights on the queues, and a view that names their tables would block pgmq''s upgrades.';
REVOKE ALL ON FUNCTION pipeline_monitoring.queue_depths() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.queue_depths() TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.queue_depths() TO service_role;

CREATE FUNCTION pipeline_monitoring.schedule_runs() RETURNS TABLE(schedule text, timing text, is_active boolean, last_started_at timestamp with time zone, last_success_at timestamp with time zone, failures_10min bigint, failures_1h bigint, last_failure text, last_failure_at timestamp with time zone, runs_1h bigint, last_seconds double precision, p95_seconds_1h double precision, is_running boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select j.jobname, j.schedule, j.active, r.last_started_at, r.last_success_at,
         coalesce(r.failures_10min, 0), coalesce(r.failures_1h, 0), f.return_message, f.start_time,
         coalesce(r.runs_1h, 0), l.seconds, r.p95_seconds_1h, coalesce(l.is_running, false)
  from cron.job j
  left join (
    select jobid, max(start_time) as last_started_at, max(runid) as last_runid,
           max(start_time) filter (where status = 'succeeded') as last_success_at,
           count(*) filter (where status = 'failed' and start_time > now() - interval '10 minutes') as failures_10min,
           count(*) filter (where status = 'failed' and start_time > now() - interval '1 hour') as failures_1h,
           count(*) filter (where start_time > now() - interval '1 hour') as runs_1h,
           percentile_cont(0.95) within group (order by extract(epoch from end_time - start_time))
             filter (where start_time > now() - interval '1 hour') as p95_seconds_1h,
           max(runid) filter (where status = 'failed') as last_failed_runid
    from cron.job_run_details group by jobid) r using (jobid)
  left join lateral (
    select extract(epoch from d.end_time - d.start_time)::double precision as seconds,
           d.status = 'running' as is_running
    from cron.job_run_details d where d.runid = r.last_runid) l on true
  left join cron.job_run_details f on f.runid = r.last_failed_runid
  where j.jobname like 'pipeline-%'
$$;
COMMENT ON FUNCTION pipeline_monitoring.schedule_runs() IS 'The runs of pg_cron. Runs as its owner: pg_cron shows each role only its own jobs.';
REVOKE ALL ON FUNCTION pipeline_monitoring.schedule_runs() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.schedule_runs() TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.schedule_runs() TO service_role;

CREATE FUNCTION pipeline_monitoring.table_statistics() RETURNS TABLE(table_name text, table_bytes bigint, index_bytes bigint, estimated_rows bigint, dead_rows bigint, vacuum_threshold bigint, last_vacuum_at timestamp with time zone, last_autovacuum_at timestamp with time zone, last_analyze_at timestamp with time zone, age_transactions integer, bloat_bytes bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with sized as (
    select c.oid, n.nspname, c.relname, c.relpages, greatest(c.reltuples, 0)::double precision as row_count,
           age(c.relfrozenxid) as age_transactions,
           coalesce(
             (select o.option_value from pg_catalog.pg_options_to_table(c.reloptions) o
              where o.option_name = 'fillfactor')::double precision, 100) / 100 as fillfactor,
           (select jsonb_object_agg(o.option_name, o.option_value)
            from pg_catalog.pg_options_to_table(c.reloptions) o) as options
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('upload_pipeline', 'pipeline_internal', 'pgmq', 'cron', 'net')
  ), widths as (
    -- A row's header and its item pointer, and the columns as far as they were analysed.
    select s.schemaname, s.tablename, 28 + sum((1 - s.null_frac) * s.avg_width) as bytes
    from pg_catalog.pg_stats s
    where s.schemaname in ('upload_pipeline', 'pipeline_internal', 'pgmq', 'cron', 'net')
    group by 1, 2
  )
  select t.oid::regclass::text, pg_table_size(t.oid), pg_indexes_size(t.oid), t.row_count::bigint, s.n_dead_tup,
         (coalesce(t.options ->> 'autovacuum_vacuum_threshold', current_setting('autovacuum_vacuum_threshold'))::bigint
          + coalesce(t.options ->> 'autovacuum_vacuum_scale_factor',
                     current_setting('autovacuum_vacuum_scale_factor'))::double precision * t.row_count)::bigint,
         greatest(s.last_vacuum, s.last_autovacuum), s.last_autovacuum, greatest(s.last_analyze, s.last_autoanalyze),
         t.age_transactions,
         case when w.bytes is not null then greatest(0, (
           t.relpages - ceil(t.row_count * w.bytes / (8168 * t.fillfactor))) * 8192)::bigint end
  from sized t
  left join widths w on w.schemaname = t.nspname and w.tablename = t.relname
  left join pg_catalog.pg_stat_all_tables s on s.relid = t.oid
$$;
COMMENT ON FUNCTION pipeline_monitoring.table_statistics() IS 'The tables of the pipeline and of the extensions that it uses. bloat_bytes: what the table itself takes beyond what its rows need, estimated from the statistics of its columns; null until it was analysed. Runs as its owner: Postgres shows the statistics of columns only to those who may read them.';
REVOKE ALL ON FUNCTION pipeline_monitoring.table_statistics() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.table_statistics() TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.table_statistics() TO service_role;

CREATE FUNCTION pipeline_monitoring.vacuum_blockers() RETURNS TABLE(kind text, name text, role text, state text, since timestamp with time zone, age_transactions bigint, retained_bytes bigint, remedy text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with sessions as (
    select a.*, greatest(age(a.backend_xmin), age(a.backend_xid))::bigint as age_transactions,
           -- What another role's session does is hidden from those who may not read all statistics.
           a.backend_type is null as is_hidden
    from pg_catalog.pg_stat_activity a
    where a.pid <> pg_backend_pid() and (a.datname = current_database() or a.datname is null)
  )
  select 'session', concat_ws(' ', s.pid, nullif(s.application_name, '')), s.usename::text, s.state,
         s.xact_start, s.age_transactions, null::bigint,
         case
           when s.backend_type = 'walsender' then
             'A replica or a consumer of changes reads with an old snapshot: see whether it is behind.'
           when s.state like 'idle in transaction%' then format(
             'Its client forgot to end the transaction. End the session: select pg_terminate_backend(%s);', s.pid)
           else format(
             'It has run this transaction for long. Wait for it, or cancel it: select pg_cancel_backend(%s);', s.pid)
         end
  from sessions s
  -- Vacuum itself holds nothing back.
  where s.age_transactions is not null and s.backend_type is distinct from 'autovacuum worker'
  union all
  select 'hidden sessions', count(*)::text, null, null, null, null, null,
         'This role may not see them: as an administrator, grant pg_read_all_stats to ' || current_user || ';'
  from sessions s where s.is_hidden having count(*) > 0
  union all
  select 'replication slot', r.slot_name::text, null,
         case when r.active then 'active' else 'inactive' end || coalesce(', ' || r.wal_status, ''),
         r.inactive_since, greatest(age(r.xmin), age(r.catalog_xmin))::bigint,
         pg_wal_lsn_diff(pg_current_wal_lsn(), r.restart_lsn)::bigint,
         case
           when r.active then 'Its consumer confirms too slowly, or nothing changes: see the consumer.'
           else format(
             'No consumer is connected. If none comes back, drop it: select pg_drop_replication_slot(%L);', r.slot_name)
         end
  from pg_catalog.pg_replication_slots r
  where r.database is null or r.database = current_database()
  union all
  select 'prepared transaction', p.gid, p.owner::text, 'prepared', p.prepared, age(p.transaction)::bigint, null,
         format('Its coordinator ends it. If there is none any more, as its owner: rollback prepared %L;', p.gid)
  from pg_catalog.pg_prepared_xacts p where p.database = current_database()
  order by 6 desc nulls last
$$;
COMMENT ON FUNCTION pipeline_monitoring.vacuum_blockers() IS 'What keeps vacuum from removing dead rows, the oldest first: sessions with a snapshot or a transaction, replication slots and prepared transactions, with their age in transactions and what to do. Never shows a query. Runs as its owner, who may read all statistics.';
REVOKE ALL ON FUNCTION pipeline_monitoring.vacuum_blockers() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.vacuum_blockers() TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.vacuum_blockers() TO service_role;

CREATE FUNCTION pipeline_monitoring.waiting_reasons(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(code text, document_count bigint, user_count bigint, next_at timestamp with time zone, last_at timestamp with time zone, stages text[], example_document_id uuid, example_message text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select g.code, g.document_count, g.user_count, g.next_at, g.last_at, g.stages, g.example_document_id,
         (select e.last_error ->> 'message' from upload_pipeline.upload_jobs e
          where e.document_id = g.example_document_id)
  from (
    select j.last_error ->> 'code' as code, count(*) as document_count, count(distinct j.user_id) as user_count,
           min(j.next_attempt_at) as next_at, max(j.next_attempt_at) as last_at, array_agg(distinct j.stage) as stages,
           (array_agg(j.document_id order by j.updated_at desc))[1] as example_document_id
    from upload_pipeline.upload_jobs j
    where j.state = 'retryable' and j.message_id is not null and (p_code is null or j.last_error ->> 'code' = p_code)
      and (p_user_id is null or j.user_id = p_user_id)
      and (p_from is null or j.updated_at >= p_from) and (p_until is null or j.updated_at < p_until)
    group by 1
  ) g
  order by g.document_count desc, g.code
$$;
COMMENT ON FUNCTION pipeline_monitoring.waiting_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) IS 'The documents that wait for their next attempt, by the error code of the last one: how many, and when the first and the last of these attempts are due. from and until: when they failed. Runs as its owner, like matching_documents.';
REVOKE ALL ON FUNCTION pipeline_monitoring.waiting_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_monitoring.waiting_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) TO pipeline_monitoring;
GRANT ALL ON FUNCTION pipeline_monitoring.waiting_reasons(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) TO service_role;

CREATE OR REPLACE VIEW pipeline_monitoring.problems AS
 WITH silent AS (
         SELECT s.schedule,
            s.timing,
            s.is_active,
            s.last_started_at,
            s.last_success_at,
            s.seconds_since_success,
            s.failures_10min,
            s.failures_1h,
            s.last_failure,
            s.last_failure_at,
            s.runs_1h,
            s.last_seconds,
            s.p95_seconds_1h,
            s.is_running,
                CASE
                    WHEN (s.timing ~ '^\d+ seconds?$'::text) THEN (((s.timing)::interval * (5)::double precision) + '00:00:30'::interval)
                    WHEN (s.timing ~ '^(\*|\*/\d+) '::text) THEN '01:00:00'::interval
                    WHEN (s.timing ~ '^\S+ (\*|\*/\d+) '::text) THEN '03:00:00'::interval
                    ELSE '26:00:00'::interval
                END AS longest_silence
           FROM pipeline_monitoring.schedules s
        )
 SELECT 'alert'::text AS kind,
    a.rule AS subject,
    a.severity,
    a.opened_at AS since,
    a.summary
   FROM pipeline_internal.alerts a
  WHERE (a.closed_at IS NULL)
UNION ALL
 SELECT 'circuit'::text AS kind,
    p.provider AS subject,
    'critical'::text AS severity,
    p.opened_at AS since,
    format('The circuit of %s is open: %s.'::text, p.provider, COALESCE(p.message, p.code, 'it failed'::text)) AS summary
   FROM pipeline_internal.providers p
  WHERE (p.opened_at IS NOT NULL)
UNION ALL
 SELECT 'pause'::text AS kind,
    s.stage AS subject,
    'warning'::text AS severity,
    s.paused_at AS since,
    format('The stage %s is paused: %s.'::text, s.stage, s.paused_because) AS summary
   FROM pipeline_internal.stages s
  WHERE (s.paused_at IS NOT NULL)
UNION ALL
 SELECT 'schedule'::text AS kind,
    s.schedule AS subject,
        CASE
            WHEN s.is_active THEN 'critical'::text
            ELSE 'warning'::text
        END AS severity,
    COALESCE(s.last_success_at, s.last_started_at) AS since,
        CASE
            WHEN (NOT s.is_active) THEN format('The schedule %s is switched off.'::text, s.schedule)
            ELSE format('The schedule %s has not succeeded since %s%s.'::text, s.schedule, COALESCE(to_char((s.last_success_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD HH24:MI:SS "UTC"'::text), 'its start'::text), (': '::text || s.last_failure))
        END AS summary
   FROM silent s
  WHERE ((NOT s.is_active) OR ((clock_timestamp() - s.last_success_at) > s.longest_silence) OR ((s.last_success_at IS NULL) AND (s.failures_1h > 0)))
UNION ALL
 SELECT 'notifications'::text AS kind,
    e.name AS subject,
        CASE
            WHEN e.is_enabled THEN 'warning'::text
            ELSE 'critical'::text
        END AS severity,
    min(o.created_at) AS since,
        CASE
            WHEN (NOT e.is_enabled) THEN format('The endpoint %s is disabled, and %s messages to it wait.'::text, e.name, count(*))
            ELSE format('%s messages to the endpoint %s were not delivered%s.'::text, count(*), e.name, (': '::text || (array_agg(o.last_error ORDER BY o.delivery_no DESC))[1]))
        END AS summary
   FROM (pipeline_internal.outbox o
     JOIN pipeline_internal.endpoints e USING (endpoint_id))
  WHERE ((o.delivered_at IS NULL) AND ((o.given_up_at IS NOT NULL) OR (NOT e.is_enabled) OR (o.due_at < (clock_timestamp() - '00:05:00'::interval))))
  GROUP BY e.endpoint_id;

CREATE SCHEMA pipeline_console;
COMMENT ON SCHEMA pipeline_console IS 'Functions of the operators'' console. The Data API exposes this schema; every function refuses callers without the role that it needs. A function that is stable reads, any other acts. A comment names the columns that can be null: @nullable column, column[] (elements of an array).';
GRANT USAGE ON SCHEMA pipeline_console TO authenticated;
GRANT USAGE ON SCHEMA pipeline_console TO pipeline_monitoring;

CREATE FUNCTION pipeline_console.alert_rules() RETURNS TABLE(rule text, severity text, summary text, threshold double precision, for_seconds integer, keep_firing_seconds integer, is_enabled boolean, last_error text, is_open boolean, opened_30d bigint, last_opened_at timestamp with time zone, highest_value double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select r.rule, r.severity, r.summary, r.threshold, r.for_seconds, r.keep_firing_seconds, r.is_enabled, r.last_error,
         coalesce(a.is_open, false), coalesce(a.opened, 0), a.last_opened_at,
         case when r.is_enabled then s.value end
  from pipeline_internal.alert_rules r
  left join (
    select a.rule, bool_or(a.closed_at is null) as is_open, max(a.opened_at) as last_opened_at,
           count(*) filter (where a.opened_at > now() - interval '30 days') as opened
    from pipeline_internal.alerts a group by a.rule) a using (rule)
  left join (
    select s.rule, max(s.value) as value from pipeline_internal.alert_states s group by s.rule) s using (rule)
  order by r.severity, r.rule;
end $$;
COMMENT ON FUNCTION pipeline_console.alert_rules() IS 'The rules with their thresholds and times, how often each opened an alert within 30 days, and the highest value of the last evaluation. @nullable last_error, last_opened_at, highest_value';
REVOKE ALL ON FUNCTION pipeline_console.alert_rules() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.alert_rules() TO authenticated;

CREATE FUNCTION pipeline_console.alert_summary() RETURNS TABLE(critical_count bigint, warning_count bigint, evaluated_at timestamp with time zone, read_at timestamp with time zone, disabled_rules text[], broken_rules text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select (select count(*) from pipeline_internal.alerts a where a.closed_at is null and a.severity = 'critical'),
         (select count(*) from pipeline_internal.alerts a where a.closed_at is null and a.severity = 'warning'),
         (select max(s.read_at) from pipeline_internal.metric_snapshots s), clock_timestamp(),
         array(select r.rule from pipeline_internal.alert_rules r where not r.is_enabled order by 1),
         array(select r.rule from pipeline_internal.alert_rules r
               where r.is_enabled and r.last_error is not null order by 1);
end $$;
COMMENT ON FUNCTION pipeline_console.alert_summary() IS 'The number of open alerts; when the rules were evaluated last, null after a crash of the database until they are again; the present time; and the rules that are disabled, and those whose evaluation failed. @nullable evaluated_at';
REVOKE ALL ON FUNCTION pipeline_console.alert_summary() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.alert_summary() TO authenticated;

CREATE FUNCTION pipeline_console.alerts(p_is_open boolean DEFAULT NULL::boolean, p_rule text DEFAULT NULL::text, p_severity text DEFAULT NULL::text, p_before_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50) RETURNS TABLE(alert_id uuid, rule text, subject text, severity text, summary text, threshold double precision, value double precision, worst_value double precision, current_value double precision, opened_at timestamp with time zone, closed_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select a.alert_id, a.rule, a.subject, a.severity, a.summary, a.threshold, a.value, a.worst_value,
         case when a.closed_at is null then s.value end, a.opened_at, a.closed_at
  from pipeline_internal.alerts a
  left join pipeline_internal.alert_states s on s.rule = a.rule and s.subject = a.subject
  where (p_is_open is null or (a.closed_at is null) = p_is_open)
    and (p_rule is null or a.rule = p_rule) and (p_severity is null or a.severity = p_severity)
    and (a.opened_at, a.alert_id)
        < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  order by a.opened_at desc, a.alert_id desc
  limit least(greatest(coalesce(p_limit, 50), 1), 200);
end $$;
COMMENT ON FUNCTION pipeline_console.alerts(p_is_open boolean, p_rule text, p_severity text, p_before_at timestamp with time zone, p_before_id uuid, p_limit integer) IS 'Alerts, the latest first: open ones, closed ones or all. Threshold and value are those when it opened; the current value is that of the last evaluation. @nullable current_value, closed_at';
REVOKE ALL ON FUNCTION pipeline_console.alerts(p_is_open boolean, p_rule text, p_severity text, p_before_at timestamp with time zone, p_before_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.alerts(p_is_open boolean, p_rule text, p_severity text, p_before_at timestamp with time zone, p_before_id uuid, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.audit_entries(p_action text DEFAULT NULL::text, p_actor text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_operator_id uuid DEFAULT NULL::uuid, p_subject_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_no bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50) RETURNS TABLE(audit_no bigint, happened_at timestamp with time zone, action text, actor text, database_role text, operator_id uuid, operator_email text, user_id uuid, subject_id uuid, request_id text, network text, email_digest text, details jsonb, account_gone_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select a.audit_no, a.happened_at, a.action, a.actor, a.database_role::text, a.operator_id, u.email::text, a.user_id,
         a.subject_id, a.request_id, a.network::text, a.email_digest, a.details, a.account_gone_at
  from pipeline_internal.audit_page(
         p_action, p_actor, p_user_id, p_operator_id, p_subject_id, p_from, p_to, p_before_at, p_before_no,
         least(greatest(coalesce(p_limit, 50), 1), 200)) a
  left join auth.users u on u.id = a.operator_id
  order by a.happened_at desc, a.audit_no desc;
end $$;
COMMENT ON FUNCTION pipeline_console.audit_entries(p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_before_at timestamp with time zone, p_before_no bigint, p_limit integer) IS 'The audit log as it is kept, the latest first, up to 200 entries. A filter that is null selects all; the page continues before the time and number of the entry that was last. Names the operator who acted in the console. @nullable database_role, operator_id, operator_email, user_id, subject_id, request_id, network, email_digest, account_gone_at';
REVOKE ALL ON FUNCTION pipeline_console.audit_entries(p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_before_at timestamp with time zone, p_before_no bigint, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.audit_entries(p_action text, p_actor text, p_user_id uuid, p_operator_id uuid, p_subject_id uuid, p_from timestamp with time zone, p_to timestamp with time zone, p_before_at timestamp with time zone, p_before_no bigint, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.audit_filters() RETURNS TABLE(actors text[], actions text[], operators jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  with recursive operator as (
    (select a.operator_id from pipeline_internal.audit_log a where a.operator_id is not null
     order by a.operator_id limit 1)
    union all
    select (select a.operator_id from pipeline_internal.audit_log a where a.operator_id > o.operator_id
            order by a.operator_id limit 1)
    from operator o where o.operator_id is not null
  )
  select array(select distinct k.actor from pipeline_internal.audit_kinds() k order by 1),
         array(select distinct k.action from pipeline_internal.audit_kinds() k order by 1),
         (select coalesce(jsonb_agg(jsonb_build_object('id', o.operator_id, 'email', u.email) order by u.email), '[]')
          from operator o join auth.users u on u.id = o.operator_id);
end $$;
COMMENT ON FUNCTION pipeline_console.audit_filters() IS 'The values by which the audit log can be filtered: actors, actions, and operators of the console as [{id, email}].';
REVOKE ALL ON FUNCTION pipeline_console.audit_filters() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.audit_filters() TO authenticated;

CREATE FUNCTION pipeline_console.budget() RETURNS TABLE(month date, resets_at timestamp with time zone, budget_cents numeric, spent_cents numeric, reserved_cents numeric, budget_cents_per_user numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select m.month, (m.month + interval '1 month') at time zone 'utc', l.monthly_budget_cents, s.cents,
         pipeline_internal.committed_cents() - s.cents, l.monthly_budget_cents_per_user
  from pipeline_internal.limits l,
       (select pipeline_internal.budget_month() as month) m,
       (select pipeline_internal.spent_cents() as cents) s;
end $$;
COMMENT ON FUNCTION pipeline_console.budget() IS 'The project''s budget of this month (UTC), what was charged, and what active documents are expected to cost beyond that, if there is a budget to reserve from. @nullable budget_cents, budget_cents_per_user';
REVOKE ALL ON FUNCTION pipeline_console.budget() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.budget() TO authenticated;

CREATE FUNCTION pipeline_console.callback_hours(p_hours integer DEFAULT 24) RETURNS TABLE(since timestamp with time zone, submitted_count bigint, delivery_count bigint, refused_count bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_hours int := least(greatest(coalesce(p_hours, 24), 1), 48);
  v_from timestamptz := date_trunc('hour', now()) - make_interval(hours => v_hours - 1);
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select h.since, coalesce(s.count, 0), coalesce(d.count, 0), coalesce(r.count, 0)
  from generate_series(v_from, now(), interval '1 hour') h (since)
  left join (
    select date_trunc('hour', submitted_at) as since, count(*) as count from pipeline_internal.submissions
    where submitted_at >= v_from group by 1) s using (since)
  left join (
    select date_trunc('hour', received_at) as since, count(*) as count from pipeline_internal.deliveries
    where received_at >= v_from group by 1) d using (since)
  left join (
    select date_trunc('hour', happened_at) as since, count(*) as count from pipeline_internal.audit_log
    where action = 'webhook_refused' and happened_at >= v_from group by 1) r using (since)
  order by h.since;
end $$;
COMMENT ON FUNCTION pipeline_console.callback_hours(p_hours integer) IS 'For each of the last hours, up to 48: submissions to LlamaParse, accepted callbacks (several for one submission, if LlamaParse reports its start too), and refused calls.';
REVOKE ALL ON FUNCTION pipeline_console.callback_hours(p_hours integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.callback_hours(p_hours integer) TO authenticated;

CREATE FUNCTION pipeline_console.callback_refusals() RETURNS TABLE(reason text, refused_count bigint, network_count bigint, last_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select coalesce(a.details ->> 'reason', ''), count(*), count(distinct a.network), max(a.happened_at)
  from (
    select l.details, l.network, l.happened_at from pipeline_internal.audit_log l
    where l.action = 'webhook_refused' and l.happened_at > now() - interval '24 hours'
    -- Anyone can have calls refused.
    order by l.happened_at desc limit 10000) a
  group by 1 order by 2 desc, 1 limit 50;
end $$;
COMMENT ON FUNCTION pipeline_console.callback_refusals() IS 'Why calls of the webhook were refused within 24 hours, and by how many networks; of the latest 10,000.';
REVOKE ALL ON FUNCTION pipeline_console.callback_refusals() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.callback_refusals() TO authenticated;

CREATE FUNCTION pipeline_console.callback_summary() RETURNS TABLE(last_delivery_at timestamp with time zone, deliveries_24h bigint, refused_24h bigint, submitted_1h bigint, awaited_1h bigint, missing_1h bigint, late_1h bigint, p50_seconds numeric, p95_seconds numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select s.last_delivery_at, s.deliveries_24h, s.refused_24h, w.submitted_count, w.awaited_count, w.missing_count,
         w.late_count, w.p50_seconds, w.p95_seconds
  from pipeline_internal.webhook_summary() s
  cross join pipeline_monitoring.webhooks w where w.time_window = '1 hour';
end $$;
COMMENT ON FUNCTION pipeline_console.callback_summary() IS 'LlamaParse''s callbacks: the last one, the number of the last day, and what became of the submissions of the last hour: awaited, missing (polling fetched the result, no callback came) or late (it came after that). Seconds are those from submission to callback. @nullable last_delivery_at, p50_seconds, p95_seconds';
REVOKE ALL ON FUNCTION pipeline_console.callback_summary() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.callback_summary() TO authenticated;

CREATE FUNCTION pipeline_console.callbacks(p_state text DEFAULT NULL::text, p_before_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50) RETURNS TABLE(submission_id uuid, job_id uuid, document_id uuid, submitted_at timestamp with time zone, finished_at timestamp with time zone, outcome text, poll_count integer, state text, event_type text, received_at timestamp with time zone, seconds numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select s.submission_id, s.job_id, j.document_id, s.submitted_at, s.finished_at, s.outcome, s.poll_count, c.state,
         d.event_type, d.received_at, round(extract(epoch from d.received_at - s.submitted_at), 1)
  from (
    select * from pipeline_internal.submissions s
    where s.submitted_at < 'infinity'
      and (s.submitted_at, s.submission_id)
          < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by s.submitted_at desc, s.submission_id desc limit 5000) s
  left join lateral (
    select d.event_type, d.received_at from pipeline_internal.deliveries d
    -- The final callback.
    where d.provider_job_id = s.provider_job_id and d.event_type not in ('parse.pending', 'parse.running')
    order by d.received_at limit 1) d on true
  cross join lateral (
    select case
      when d.received_at > s.finished_at then 'late' when d.received_at is not null then 'received'
      when s.finished_at is not null then 'missing' else 'awaited' end as state) c
  join upload_pipeline.upload_jobs j using (job_id)
  where p_state is null or c.state = p_state
  order by s.submitted_at desc, s.submission_id desc
  limit least(greatest(coalesce(p_limit, 50), 1), 200);
end $$;
COMMENT ON FUNCTION pipeline_console.callbacks(p_state text, p_before_at timestamp with time zone, p_before_id uuid, p_limit integer) IS 'Submissions to LlamaParse and their final callback, the latest first: received, late (polling had fetched the result), missing (polling fetched the result, and no callback came) or awaited. With a state, searches the latest 5,000 submissions before the given one. @nullable finished_at, outcome, event_type, received_at, seconds';
REVOKE ALL ON FUNCTION pipeline_console.callbacks(p_state text, p_before_at timestamp with time zone, p_before_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.callbacks(p_state text, p_before_at timestamp with time zone, p_before_id uuid, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.change_alert_rule(p_rule text, p_threshold double precision DEFAULT NULL::double precision, p_is_enabled boolean DEFAULT NULL::boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  if p_threshold in ('NaN', 'Infinity', '-Infinity') then
    raise exception 'The threshold must be a number.' using errcode = 'invalid_parameter_value';
  end if;
  -- The audit entry is that of every changed setting; it names the operator.
  update pipeline_internal.alert_rules r
  set threshold = coalesce(p_threshold, r.threshold), is_enabled = coalesce(p_is_enabled, r.is_enabled)
  where r.rule = p_rule;
  if not found then
    raise exception 'Unknown rule: %.', coalesce(p_rule, 'null') using errcode = 'no_data_found';
  end if;
end $$;
COMMENT ON FUNCTION pipeline_console.change_alert_rule(p_rule text, p_threshold double precision, p_is_enabled boolean) IS 'Changes the threshold of a rule, or enables or disables it; null keeps what is. The next evaluation, within half a minute, opens and closes alerts accordingly. @throws no_data_found for an unknown rule, invalid_parameter_value for a threshold that is no number.';
REVOKE ALL ON FUNCTION pipeline_console.change_alert_rule(p_rule text, p_threshold double precision, p_is_enabled boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.change_alert_rule(p_rule text, p_threshold double precision, p_is_enabled boolean) TO authenticated;

CREATE FUNCTION pipeline_console.change_settings(p_setting text, p_changes jsonb, p_row text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_key name := pipeline_internal.setting_key(p_setting);
  v_columns text[];
  v_old jsonb;
  v_new jsonb;
  v_faults jsonb;
begin
  perform pipeline_access.require_console_role('operator');
  v_columns := array(select jsonb_object_keys(p_changes) order by 1);
  if v_key is null or v_columns = '{}' then
    raise exception 'There is nothing to change in %.', coalesce(p_setting, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Settings: limits, retention, stages, providers.';
  end if;
  select jsonb_object_agg(c, case when e.column_name is null then 'cannot be changed here' else 'has no new value' end)
  into v_faults
  from unnest(v_columns) c
  left join pipeline_internal.setting_columns(p_setting) e on e.column_name = c and e.is_editable
  where e.column_name is null or not p_changes -> c ? 'value';
  perform pipeline_internal.refuse_settings(v_faults);

  execute format('select to_jsonb(t) from pipeline_internal.%I t where t.%I::text = $1 for update', p_setting, v_key)
    into v_old using coalesce(p_row, 'true');
  if v_old is null then
    raise exception 'There is no row % in %.', p_row, p_setting using errcode = 'invalid_parameter_value';
  end if;
  select jsonb_object_agg(c, v_old -> c) into v_faults
  from unnest(v_columns) c where p_changes -> c ->> 'version' is distinct from md5((v_old -> c)::text);
  if v_faults is not null then
    raise exception 'Changed meanwhile: %. Nothing was saved.',
      (select string_agg(format('%s is %s now', f.key, f.value), ', ' order by f.key) from jsonb_each(v_faults) f)
      using errcode = 'PT409', detail = v_faults::text, hint = 'Look at the present values and decide again.';
  end if;

  v_new := v_old || (select jsonb_object_agg(c, p_changes -> c -> 'value') from unnest(v_columns) c);
  select jsonb_object_agg(f.column_name, f.fault) into v_faults from (
    select f.column_name, string_agg(f.fault, '; ' order by f.ord) as fault
    from pipeline_internal.setting_faults(p_setting, v_new, v_columns) with ordinality f (column_name, fault, ord)
    group by 1) f;
  perform pipeline_internal.refuse_settings(v_faults);

  if p_setting = 'limits' and 'allowed_mime_types' = any (v_columns) then
    perform pipeline_internal.allow_mime_types(array(select jsonb_array_elements_text(v_new -> 'allowed_mime_types')));
    v_columns := array_remove(v_columns, 'allowed_mime_types');
  end if;
  if v_columns <> '{}' then
    execute format(
      'update pipeline_internal.%1$I t
         set (%2$s) = (select %2$s from jsonb_populate_record(null::pipeline_internal.%1$I, $1))
       where t.%3$I::text = $2',
      p_setting, (select string_agg(quote_ident(c), ', ') from unnest(v_columns) c), v_key)
      using v_new, coalesce(p_row, 'true');
  end if;
end $_$;
COMMENT ON FUNCTION pipeline_console.change_settings(p_setting text, p_changes jsonb, p_row text) IS 'Changes columns of one row (of limits: null) together. p_changes: {"column": {"value": …, "version": …}}, with the version that settings answered. @throws invalid_parameter_value for values that are refused, PT409 if another operator changed one of the columns since; its detail is an object with an entry for each column.';
REVOKE ALL ON FUNCTION pipeline_console.change_settings(p_setting text, p_changes jsonb, p_row text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.change_settings(p_setting text, p_changes jsonb, p_row text) TO authenticated;

CREATE FUNCTION pipeline_console.change_user_budget(p_user_id uuid, p_kind text, p_version text, p_monthly_cents numeric DEFAULT NULL::numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  -- Also the order of locks: the user before the user's rows.
  perform from auth.users u where u.id = p_user_id and u.deleted_at is null for key share;
  if not found then
    raise exception 'Unknown user: %.', p_user_id using errcode = 'invalid_parameter_value';
  elsif p_kind is null or p_kind not in ('default', 'unlimited', 'own') then
    raise exception 'Unknown kind of budget: %.', coalesce(p_kind, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Kinds: default, unlimited, own.';
  elsif p_kind = 'own' and (p_monthly_cents is null or not p_monthly_cents between 0 and 1e12) then
    raise exception 'The budget must be between 0 and 10,000,000,000 US dollars.' using
      errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('pipeline_internal.user_budgets:' || p_user_id, 0));
  if pipeline_internal.user_budget_version(p_user_id) is distinct from p_version then
    raise exception 'The budget of this user was changed meanwhile. Nothing was saved.' using
      errcode = 'PT409', hint = 'Look at the present budget and decide again.';
  end if;

  if p_kind = 'default' then
    delete from pipeline_internal.user_budgets b where b.user_id = p_user_id;
  else
    insert into pipeline_internal.user_budgets as b (user_id, monthly_cents)
    values (p_user_id, case p_kind when 'own' then p_monthly_cents end)
    on conflict (user_id) do update set monthly_cents = excluded.monthly_cents;
  end if;
end $$;
COMMENT ON FUNCTION pipeline_console.change_user_budget(p_user_id uuid, p_kind text, p_version text, p_monthly_cents numeric) IS 'Gives a user a monthly budget of their own (US cents), none (unlimited), or again that of all users (default). p_version: what user_budgets answered. @throws invalid_parameter_value; PT409 if it was changed since.';
REVOKE ALL ON FUNCTION pipeline_console.change_user_budget(p_user_id uuid, p_kind text, p_version text, p_monthly_cents numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.change_user_budget(p_user_id uuid, p_kind text, p_version text, p_monthly_cents numeric) TO authenticated;

CREATE FUNCTION pipeline_console.connections() RETURNS TABLE(role text, connection_count bigint, used_count numeric, allowed_count integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select c.role::text, c.connection_count, c.used_count, c.allowed_count
    from pipeline_monitoring.connections c order by c.connection_count desc, c.role;
end $$;
COMMENT ON FUNCTION pipeline_console.connections() IS 'The connections of each role, and how many the database allows.';
REVOKE ALL ON FUNCTION pipeline_console.connections() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.connections() TO authenticated;

CREATE FUNCTION pipeline_console.cost_days(p_days integer DEFAULT 30) RETURNS TABLE(day date, purpose text, model text, quantity numeric, credits numeric, cents numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select c.day, c.purpose, c.model, c.quantity, c.credits, c.cost_cents from pipeline_monitoring.costs c
  where c.day > (now() at time zone 'utc')::date - least(greatest(coalesce(p_days, 30), 1), 92)
  order by c.day, c.purpose, c.model;
end $$;
COMMENT ON FUNCTION pipeline_console.cost_days(p_days integer) IS 'The charges of each day (UTC) by purpose and model, the tier of a parse; up to 92 days. The quantity is pages of a parse, tokens otherwise. @nullable credits';
REVOKE ALL ON FUNCTION pipeline_console.cost_days(p_days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.cost_days(p_days integer) TO authenticated;

CREATE FUNCTION pipeline_console.cost_documents(p_user_id uuid DEFAULT NULL::uuid, p_days integer DEFAULT 30, p_before_cents numeric DEFAULT NULL::numeric, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 20) RETURNS TABLE(document_id uuid, user_id uuid, filename text, page_count integer, cents numeric, charge_count bigint, last_day date)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_from date := (now() at time zone 'utc')::date - least(greatest(coalesce(p_days, 30), 1), 92);
  v_limit int := least(greatest(coalesce(p_limit, 20), 1), 200);
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  with dear as (
    (select distinct d.document_id
     from (
       select c.document_id from pipeline_internal.charges c
       where c.document_id is not null and c.day > v_from
       order by c.cents desc limit 2000) d
     where p_user_id is null)
    union all
    (select distinct c.document_id from pipeline_internal.charges c
     where c.document_id is not null and c.day > v_from and c.user_id = p_user_id)
  ), costs as (
    select d.document_id, c.cents, c.charge_count, c.last_day
    from dear d
    cross join lateral (
      select sum(c.cents) as cents, count(*) as charge_count, max(c.day) as last_day
      from pipeline_internal.charges c where c.document_id = d.document_id and c.day > v_from) c
  ), top as (
    select * from costs c
    where p_before_cents is null or (c.cents, c.document_id) < (p_before_cents, p_before_id)
    order by c.cents desc, c.document_id desc limit v_limit
  )
  select t.document_id, d.user_id, d.filename, d.page_count, t.cents, t.charge_count, t.last_day
  from top t join upload_pipeline.documents d using (document_id)
  order by t.cents desc, t.document_id desc;
end $$;
COMMENT ON FUNCTION pipeline_console.cost_documents(p_user_id uuid, p_days integer, p_before_cents numeric, p_before_id uuid, p_limit integer) IS 'The documents that cost most within some days, up to 92: of one user, or of all users those with the 2,000 dearest charges; continues after the amount and the document that were last. @nullable page_count';
REVOKE ALL ON FUNCTION pipeline_console.cost_documents(p_user_id uuid, p_days integer, p_before_cents numeric, p_before_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.cost_documents(p_user_id uuid, p_days integer, p_before_cents numeric, p_before_id uuid, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.cost_expectation(p_count integer DEFAULT 200) RETURNS TABLE(document_count bigint, by_size_cents numeric, by_pages_cents numeric, charged_cents numeric, bytes_per_page numeric, expected_bytes_per_page integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  with recent as materialized (
    select c.document_id
    from (
      select c.document_id, c.charge_no from pipeline_internal.charges c where c.purpose = 'parse'
      order by c.charge_no desc limit 4 * least(greatest(coalesce(p_count, 200), 1), 500)) c
    where c.document_id is not null
    group by c.document_id order by max(c.charge_no) desc limit least(greatest(coalesce(p_count, 200), 1), 500)
  ), compared as (
    select d.bytes_len, d.page_count,
           pipeline_internal.document_cents(d.mime, d.bytes_len) as by_size,
           pipeline_internal.document_cents(d.mime, d.bytes_len, d.page_count) as by_pages,
           (select sum(c.cents) from pipeline_internal.charges c where c.document_id = d.document_id) as charged
    from recent r
    join upload_pipeline.documents d using (document_id)
    join upload_pipeline.upload_jobs j using (document_id)
    where d.page_count > 0 and j.status = 'complete'
  )
  select count(c.bytes_len), coalesce(sum(c.by_size), 0), coalesce(sum(c.by_pages), 0), coalesce(sum(c.charged), 0),
         round(sum(c.bytes_len) / nullif(sum(c.page_count), 0)), l.expected_bytes_per_page
  from pipeline_internal.limits l left join compared c on true
  group by l.expected_bytes_per_page;
end $$;
COMMENT ON FUNCTION pipeline_console.cost_expectation(p_count integer) IS 'What the latest completed documents were expected to cost, by their size (before the parse) and by their pages (at present prices), and what was charged for them, every parse of their lives included. @nullable bytes_per_page';
REVOKE ALL ON FUNCTION pipeline_console.cost_expectation(p_count integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.cost_expectation(p_count integer) TO authenticated;

CREATE FUNCTION pipeline_console.cost_users(p_month date DEFAULT NULL::date, p_before_cents numeric DEFAULT NULL::numeric, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 20) RETURNS TABLE(user_id uuid, cents numeric, pages numeric, tokens numeric, budget_cents numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET jit TO 'off'
    AS $$
declare
  v_month date := coalesce(date_trunc('month', p_month)::date, pipeline_internal.budget_month());
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select t.user_id, t.cents, t.pages, t.tokens, pipeline_internal.budget_of(t.user_id)
  from (
    select c.user_id, sum(c.cents) as cents,
           coalesce(sum(c.quantity) filter (where c.purpose = 'parse'), 0) as pages,
           coalesce(sum(c.quantity) filter (where c.purpose <> 'parse'), 0) as tokens
    from pipeline_internal.user_costs c where c.month = v_month
    group by c.user_id
    having p_before_cents is null or (sum(c.cents), c.user_id) < (p_before_cents, p_before_id)
    order by 2 desc, 1 desc
    limit least(greatest(coalesce(p_limit, 20), 1), 200)) t
  order by t.cents desc, t.user_id desc;
end $$;
COMMENT ON FUNCTION pipeline_console.cost_users(p_month date, p_before_cents numeric, p_before_id uuid, p_limit integer) IS 'The users who cost most in a month (UTC), by default this one, with their budget; continues after the amount and the user that were last. @nullable budget_cents';
REVOKE ALL ON FUNCTION pipeline_console.cost_users(p_month date, p_before_cents numeric, p_before_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.cost_users(p_month date, p_before_cents numeric, p_before_id uuid, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.database_calls() RETURNS TABLE(waiting_count bigint, oldest_waiting_seconds double precision, answered_count bigint, refused_count bigint, unanswered_count bigint, last_answer_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select c.waiting_count, c.oldest_waiting_seconds, c.answered_count, c.refused_count, c.unanswered_count,
           c.last_answer_at
    from pipeline_monitoring.database_calls c;
end $$;
COMMENT ON FUNCTION pipeline_console.database_calls() IS 'The calls by which the database wakes workers (pg_net): waiting now, and their results in the last hour. @nullable oldest_waiting_seconds, last_answer_at.';
REVOKE ALL ON FUNCTION pipeline_console.database_calls() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.database_calls() TO authenticated;

CREATE FUNCTION pipeline_console.document(p_id text) RETURNS TABLE(document_id uuid, job_id uuid, user_id uuid, filename text, filename_full text, mime text, bytes_len bigint, page_count integer, chunk_count integer, language text, ocr boolean, status text, state text, stage text, code text, message text, reference text, attempt_count integer, max_attempts integer, retry_count integer, lost_count integer, is_isolated boolean, request_id text, created_at timestamp with time zone, updated_at timestamp with time zone, finished_at timestamp with time zone, reason text, mended_by text, next_step_at timestamp with time zone, queue_position bigint, remedy text, sentence text, read_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select d.document_id, d.job_id, d.user_id, d.filename, d.filename_full, d.mime, d.bytes_len, d.page_count,
           d.chunk_count, d.language, d.ocr, d.status, d.state, d.stage, d.code, d.message, d.reference,
           d.attempt_count, d.max_attempts, d.retry_count, d.lost_count, d.is_isolated, d.request_id, d.created_at,
           d.updated_at, d.finished_at, e.reason, e.mended_by, e.next_step_at, e.queue_position, e.remedy, e.sentence,
           clock_timestamp()
    from pipeline_monitoring.document_rows(array[pipeline_monitoring.find_document(p_id)]) d
    cross join lateral pipeline_monitoring.explain_document(d.document_id) e;
end $$;
COMMENT ON FUNCTION pipeline_console.document(p_id text) IS 'One document by any of its ids (see pipeline_monitoring.find_document), with why it is not finished; read_at is the database''s clock. No row: there is none. @nullable filename_full, page_count, language, stage, code, message, reference, max_attempts, request_id, finished_at, mended_by, next_step_at, queue_position, remedy.';
REVOKE ALL ON FUNCTION pipeline_console.document(p_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.document(p_id text) TO authenticated;

CREATE FUNCTION pipeline_console.document_costs(p_document_id uuid) RETURNS TABLE(day date, purpose text, model text, quantity bigint, credits numeric, cost_cents numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.document_costs(p_document_id);
end $$;
COMMENT ON FUNCTION pipeline_console.document_costs(p_document_id uuid) IS 'What the providers charged for a document, by day: pages of a parse, tokens otherwise. @nullable credits.';
REVOKE ALL ON FUNCTION pipeline_console.document_costs(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.document_costs(p_document_id uuid) TO authenticated;

CREATE FUNCTION pipeline_console.document_count(p_status text DEFAULT NULL::text, p_state text DEFAULT NULL::text, p_code text DEFAULT NULL::text, p_warning text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_name text DEFAULT NULL::text, p_created_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_created_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_updated_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_updated_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(document_count bigint, has_more boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_most constant int := 1000;
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select least(count(*), v_most), count(*) > v_most
    from pipeline_monitoring.matching_documents(
      row(p_status, p_state, p_code, p_warning, p_user_id, p_name, p_created_from, p_created_until, p_updated_from,
          p_updated_until)::pipeline_monitoring.document_filter,
      null, null, v_most + 1);
end $$;
COMMENT ON FUNCTION pipeline_console.document_count(p_status text, p_state text, p_code text, p_warning text, p_user_id uuid, p_name text, p_created_from timestamp with time zone, p_created_until timestamp with time zone, p_updated_from timestamp with time zone, p_updated_until timestamp with time zone) IS 'The number of documents that documents would list, up to 1,000; has_more says that there are more.';
REVOKE ALL ON FUNCTION pipeline_console.document_count(p_status text, p_state text, p_code text, p_warning text, p_user_id uuid, p_name text, p_created_from timestamp with time zone, p_created_until timestamp with time zone, p_updated_from timestamp with time zone, p_updated_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.document_count(p_status text, p_state text, p_code text, p_warning text, p_user_id uuid, p_name text, p_created_from timestamp with time zone, p_created_until timestamp with time zone, p_updated_from timestamp with time zone, p_updated_until timestamp with time zone) TO authenticated;

CREATE FUNCTION pipeline_console.document_history(p_document_id uuid) RETURNS TABLE(at timestamp with time zone, kind text, what text, stage text, attempt integer, code text, detail text, request_id text, run_id uuid, id text, until timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.document_history(p_document_id);
end $$;
COMMENT ON FUNCTION pipeline_console.document_history(p_document_id uuid) IS 'The history of a document, in the order of time. @nullable stage, attempt, code, detail, request_id, run_id, id, until.';
REVOKE ALL ON FUNCTION pipeline_console.document_history(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.document_history(p_document_id uuid) TO authenticated;

CREATE FUNCTION pipeline_console.document_warnings(p_document_id uuid) RETURNS TABLE(code text, message text, pages integer[], remedy text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select w.code, w.message, w.pages, w.remedy
    from pipeline_monitoring.document_warnings w where w.document_id = p_document_id order by w.code;
end $$;
COMMENT ON FUNCTION pipeline_console.document_warnings(p_document_id uuid) IS 'The warnings of a document, with what to do.';
REVOKE ALL ON FUNCTION pipeline_console.document_warnings(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.document_warnings(p_document_id uuid) TO authenticated;

CREATE FUNCTION pipeline_console.documents(p_status text DEFAULT NULL::text, p_state text DEFAULT NULL::text, p_code text DEFAULT NULL::text, p_warning text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_name text DEFAULT NULL::text, p_created_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_created_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_updated_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_updated_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before timestamp with time zone DEFAULT NULL::timestamp with time zone, p_before_id uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50) RETURNS TABLE(document_id uuid, user_id uuid, filename text, bytes_len bigint, page_count integer, status text, state text, stage text, is_user_queued boolean, waiting_for text, code text, warning_codes text[], retry_count integer, created_at timestamp with time zone, updated_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select d.document_id, d.user_id, d.filename, d.bytes_len, d.page_count, d.status, d.state, d.stage,
           d.is_user_queued, d.waiting_for, d.code, d.warning_codes, d.retry_count, d.created_at, d.updated_at
    from pipeline_monitoring.document_rows(array(
      select m.document_id
      from pipeline_monitoring.matching_documents(
        row(p_status, p_state, p_code, p_warning, p_user_id, p_name, p_created_from, p_created_until, p_updated_from,
            p_updated_until)::pipeline_monitoring.document_filter,
        p_before, p_before_id, least(greatest(coalesce(p_limit, 50), 1), 200)) m)) d
    order by d.created_at desc, d.document_id desc;
end $$;
COMMENT ON FUNCTION pipeline_console.documents(p_status text, p_state text, p_code text, p_warning text, p_user_id uuid, p_name text, p_created_from timestamp with time zone, p_created_until timestamp with time zone, p_updated_from timestamp with time zone, p_updated_until timestamp with time zone, p_before timestamp with time zone, p_before_id uuid, p_limit integer) IS 'Documents of all users, newest first: those that fulfil each condition given. The next ones follow p_before and p_before_id, the created_at and document_id of the last. At most 200. @nullable page_count, stage, waiting_for, code.';
REVOKE ALL ON FUNCTION pipeline_console.documents(p_status text, p_state text, p_code text, p_warning text, p_user_id uuid, p_name text, p_created_from timestamp with time zone, p_created_until timestamp with time zone, p_updated_from timestamp with time zone, p_updated_until timestamp with time zone, p_before timestamp with time zone, p_before_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.documents(p_status text, p_state text, p_code text, p_warning text, p_user_id uuid, p_name text, p_created_from timestamp with time zone, p_created_until timestamp with time zone, p_updated_from timestamp with time zone, p_updated_until timestamp with time zone, p_before timestamp with time zone, p_before_id uuid, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.enable_endpoint(p_endpoint text, p_is_enabled boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  -- The audit entry is that of every changed setting; it names the operator.
  update pipeline_internal.endpoints set is_enabled = p_is_enabled where name = p_endpoint;
  if not found then
    raise exception 'Unknown endpoint: %.', coalesce(p_endpoint, 'null') using errcode = 'no_data_found';
  end if;
end $$;
COMMENT ON FUNCTION pipeline_console.enable_endpoint(p_endpoint text, p_is_enabled boolean) IS 'Enables or disables an endpoint. A disabled one gets no notifications of new events, and those that wait are kept. @throws no_data_found for an unknown endpoint.';
REVOKE ALL ON FUNCTION pipeline_console.enable_endpoint(p_endpoint text, p_is_enabled boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.enable_endpoint(p_endpoint text, p_is_enabled boolean) TO authenticated;

CREATE FUNCTION pipeline_console.endpoints() RETURNS TABLE(name text, host text, format text, events text[], is_enabled boolean, created_at timestamp with time zone, previous_secret_until timestamp with time zone, waiting_count bigint, given_up_count bigint, next_attempt_at timestamp with time zone, last_delivered_at timestamp with time zone, last_error text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET jit TO 'off'
    SET enable_sort TO 'off'
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select e.name, coalesce(pipeline_internal.endpoint_host(e.url), ''), e.format, e.events, e.is_enabled, e.created_at,
         e.previous_secret_until, n.waiting_count, n.given_up_count, n.due_at, n.delivered_at, n.last_error
  from pipeline_internal.endpoints e
  cross join lateral (
    select least(sum(c.waiting_count), 10001)::bigint as waiting_count,
           least(sum(c.given_up_count), 10001)::bigint as given_up_count, min(c.due_at) as due_at,
           max(c.delivered_at) as delivered_at,
           (array_agg(c.last_error) filter (where c.last_error is not null))[1] as last_error
    from unnest(pipeline_internal.notification_types()) t (type)
    cross join lateral (
      select w.waiting_count, w.due_at, g.given_up_count, d.delivered_at,
             coalesce(f.last_error, l.last_error) as last_error
      from (
        select count(*) as waiting_count, min(o.due_at) as due_at
        from (
          select o.due_at from pipeline_internal.outbox o
          where o.endpoint_id = e.endpoint_id and o.type = t.type and o.delivered_at is null and o.given_up_at is null
          order by -o.delivery_no limit 10001) o) w
      cross join (
        select count(*) as given_up_count
        from (
          select from pipeline_internal.outbox o
          where o.endpoint_id = e.endpoint_id and o.type = t.type and o.given_up_at is not null
          order by -o.delivery_no limit 10001) o) g
      left join lateral (
        select o.delivered_at from pipeline_internal.outbox o
        where o.endpoint_id = e.endpoint_id and o.type = t.type and o.delivered_at is not null
        order by -o.delivery_no limit 1) d on true
      left join lateral (
        -- What has waited longest has an error before what was written just now.
        select o.last_error from pipeline_internal.outbox o
        where o.endpoint_id = e.endpoint_id and o.type = t.type and o.delivered_at is null and o.given_up_at is null
        order by -o.delivery_no desc limit 1) f on true
      left join lateral (
        select o.last_error from pipeline_internal.outbox o
        where o.endpoint_id = e.endpoint_id and o.type = t.type and o.given_up_at is not null
        order by -o.delivery_no limit 1) l on true) c) n
  order by e.name;
end $$;
COMMENT ON FUNCTION pipeline_console.endpoints() IS 'The endpoints without address and secret: host, events, whether enabled, and their notifications, counted up to 10,001: waiting, with the next attempt, and given up, with the last error; and when the latest was delivered. @nullable previous_secret_until, next_attempt_at, last_delivered_at, last_error';
REVOKE ALL ON FUNCTION pipeline_console.endpoints() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.endpoints() TO authenticated;

CREATE FUNCTION pipeline_console.failed_database_calls() RETURNS TABLE(call_id bigint, answered_at timestamp with time zone, status_code integer, timed_out boolean, message text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select c.call_id, c.answered_at, c.status_code, c.timed_out, c.message
    from pipeline_monitoring.failed_database_calls c order by c.answered_at desc, c.call_id desc limit 50;
end $$;
COMMENT ON FUNCTION pipeline_console.failed_database_calls() IS 'The latest calls of the last hour that a worker refused or did not answer. @nullable status_code, timed_out.';
REVOKE ALL ON FUNCTION pipeline_console.failed_database_calls() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.failed_database_calls() TO authenticated;

CREATE FUNCTION pipeline_console.failures(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(code text, error_class text, mended_by text, remedy text, document_count bigint, user_count bigint, oldest_at timestamp with time zone, newest_at timestamp with time zone, stages text[], example_document_id uuid, example_message text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.dead_letter_reasons(p_code, p_user_id, p_from, p_until);
end $$;
COMMENT ON FUNCTION pipeline_console.failures(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) IS 'The dead letter by error code: of this code, of this user, given up in this time.';
REVOKE ALL ON FUNCTION pipeline_console.failures(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.failures(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) TO authenticated;

CREATE FUNCTION pipeline_console.find_user(p_user text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return pipeline_monitoring.find_user(p_user);
end $$;
COMMENT ON FUNCTION pipeline_console.find_user(p_user text) IS 'The id of the user with this id or e-mail address, so that an address is in no URL. @nullable result.';
REVOKE ALL ON FUNCTION pipeline_console.find_user(p_user text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.find_user(p_user text) TO authenticated;

CREATE FUNCTION pipeline_console.notifications(p_endpoint text DEFAULT NULL::text, p_type text DEFAULT NULL::text, p_outcome text DEFAULT NULL::text, p_before_no bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50) RETURNS TABLE(delivery_no bigint, message_id text, endpoint text, is_endpoint_enabled boolean, type text, outcome text, created_at timestamp with time zone, attempt_count integer, next_attempt_at timestamp with time zone, delivered_at timestamp with time zone, given_up_at timestamp with time zone, last_status integer, last_error text, document_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_before bigint := coalesce(p_before_no, 9223372036854775807);
  v_limit int := least(greatest(coalesce(p_limit, 50), 1), 200);
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select o.delivery_no, o.message_id, e.name, e.is_enabled, o.type, o.outcome, o.created_at, o.attempt_count,
         case when o.outcome = 'waiting' then o.due_at end, o.delivered_at, o.given_up_at, o.last_status, o.last_error,
         o.document_id
  from pipeline_internal.endpoints e
  cross join unnest(pipeline_internal.notification_types()) t (type)
  -- An event or an outcome may be rare among a million notifications, so each is read for itself.
  cross join lateral (
    (select o.*, 'waiting' as outcome from pipeline_internal.outbox o
     where o.endpoint_id = e.endpoint_id and o.type = t.type and -o.delivery_no > -v_before
       and o.delivered_at is null and o.given_up_at is null and coalesce(p_outcome, 'waiting') = 'waiting'
     order by -o.delivery_no limit v_limit)
    union all
    (select o.*, 'delivered' as outcome from pipeline_internal.outbox o
     where o.endpoint_id = e.endpoint_id and o.type = t.type and -o.delivery_no > -v_before
       and o.delivered_at is not null and coalesce(p_outcome, 'delivered') = 'delivered'
     order by -o.delivery_no limit v_limit)
    union all
    (select o.*, 'given_up' as outcome from pipeline_internal.outbox o
     where o.endpoint_id = e.endpoint_id and o.type = t.type and -o.delivery_no > -v_before
       and o.given_up_at is not null and coalesce(p_outcome, 'given_up') = 'given_up'
     order by -o.delivery_no limit v_limit)) o
  where (p_endpoint is null or e.name = p_endpoint) and (p_type is null or t.type = p_type)
  order by o.delivery_no desc limit v_limit;
end $$;
COMMENT ON FUNCTION pipeline_console.notifications(p_endpoint text, p_type text, p_outcome text, p_before_no bigint, p_limit integer) IS 'The outbox without contents, the latest first: what waits, was delivered or was given up, its attempts, the answer to the last one, and when the next is due. Filtered by endpoint, event and outcome. @nullable next_attempt_at, delivered_at, given_up_at, last_status, last_error, document_id';
REVOKE ALL ON FUNCTION pipeline_console.notifications(p_endpoint text, p_type text, p_outcome text, p_before_no bigint, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.notifications(p_endpoint text, p_type text, p_outcome text, p_before_no bigint, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.overview() RETURNS TABLE(active_count bigint, user_queued_count bigint, awaiting_count bigint, dead_letter_count bigint, oldest_document_id uuid, oldest_filename text, oldest_status text, oldest_since timestamp with time zone, cost_today_cents numeric, cost_month_cents numeric, budget_month_cents numeric, counted_to bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select (select count(*) from upload_pipeline.upload_jobs j where j.message_id is not null),
           (select count(*) from upload_pipeline.upload_jobs j where j.user_queued_at is not null),
           (select count(*) from upload_pipeline.upload_jobs j where j.status = 'awaiting_upload'),
           (select count(*) from upload_pipeline.upload_jobs j where j.state = 'deadletter'),
           o.document_id, d.filename, o.status, o.created_at,
           coalesce(c.today, 0), coalesce(c.month, 0), l.monthly_budget_cents::numeric, r.counted_to
    from pipeline_internal.roll_up r
    cross join pipeline_internal.limits l
    cross join (
      select round(sum(c.cents) filter (where c.day = (now() at time zone 'utc')::date), 4) as today,
             round(sum(c.cents), 4) as month
      from pipeline_internal.daily_costs c where c.day >= pipeline_internal.budget_month()) c
    left join lateral (
      -- Each by its own index.
      select * from (
        (select j.document_id, j.status, j.created_at from upload_pipeline.upload_jobs j
         where j.message_id is not null order by j.created_at limit 1)
        union all
        (select j.document_id, j.status, j.created_at from upload_pipeline.upload_jobs j
         where j.user_queued_at is not null order by j.created_at limit 1)) u
      order by u.created_at limit 1) o on true
    left join upload_pipeline.documents d using (document_id);
end $$;
COMMENT ON FUNCTION pipeline_console.overview() IS 'Documents that the pipeline has, the one that has been under way for longest, and the costs of today and of this month (UTC). counted_to changes with overview_history. @nullable oldest_document_id, oldest_filename, oldest_status, oldest_since, budget_month_cents.';
REVOKE ALL ON FUNCTION pipeline_console.overview() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.overview() TO authenticated;

CREATE FUNCTION pipeline_console.overview_history(p_range text DEFAULT '1 hour'::text) RETURNS TABLE(stage text, since timestamp with time zone, step_seconds integer, transition_counts integer[], p50_seconds real[], p95_seconds real[], failed_counts integer[], registered_counts integer[], message_counts integer[], oldest_due_seconds real[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_step interval;
  v_first timestamptz;
  v_last timestamptz;
begin
  perform pipeline_access.require_console_role('viewer');
  v_step := case p_range when '1 hour' then interval '1 minute' when '24 hours' then interval '10 minutes'
                         when '30 days' then interval '1 hour' end;
  if v_step is null then
    raise exception 'Unknown range: %.', p_range using
      errcode = 'invalid_parameter_value', hint = 'Ranges: 1 hour, 24 hours, 30 days.';
  end if;
  -- The last step is under way.
  v_last := date_bin(v_step, now(), '2000-01-01Z');
  v_first := date_bin(v_step, now() - p_range::interval, '2000-01-01Z') + v_step;
  return query
    with known as materialized (
      select * from pipeline_monitoring.history h
      where h.step = v_step and h.since >= v_first and h.since <= v_last
    )
    select s.stage, v_first, extract(epoch from v_step)::int,
           array_agg(coalesce(k.transition_count, 0) order by t.at),
           array_agg(k.p50_seconds order by t.at), array_agg(k.p95_seconds order by t.at),
           array_agg(coalesce(k.failed_count, 0) order by t.at),
           array_agg(coalesce(k.registered_count, 0) order by t.at),
           array_agg(k.message_count order by t.at), array_agg(k.oldest_due_seconds order by t.at)
    from (select distinct k.stage from known k union select 'document') s
    cross join generate_series(v_first, v_last, v_step) t (at)
    left join known k on k.stage = s.stage and k.since = t.at
    group by s.stage
    order by s.stage;
end $$;
COMMENT ON FUNCTION pipeline_console.overview_history(p_range text) IS 'The history by stage, in equal steps from `since` to now: the last hour by minutes, 24 hours by ten minutes, 30 days by hours. Stage `document` is the whole way. A number is null in a step that has none. @nullable p50_seconds[], p95_seconds[], message_counts[], oldest_due_seconds[].';
REVOKE ALL ON FUNCTION pipeline_console.overview_history(p_range text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.overview_history(p_range text) TO authenticated;

CREATE FUNCTION pipeline_console.overview_problems() RETURNS TABLE(kind text, subject text, severity text, since timestamp with time zone, summary text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select p.kind, p.subject, p.severity, p.since, p.summary from pipeline_monitoring.problems p
    order by p.severity = 'critical' desc, p.since desc nulls last, p.kind, p.subject
    limit 50;
end $$;
COMMENT ON FUNCTION pipeline_console.overview_problems() IS 'What is wrong now, critical problems first: kind is alert, circuit, pause, schedule or notifications. At most 50. @nullable since.';
REVOKE ALL ON FUNCTION pipeline_console.overview_problems() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.overview_problems() TO authenticated;

CREATE FUNCTION pipeline_console.overview_stages() RETURNS TABLE(stage text, message_count bigint, due_count bigint, working_count bigint, oldest_due_seconds numeric, running_count bigint, max_invocations integer, is_circuit_open boolean, paused_at timestamp with time zone, transition_count bigint, p50_seconds numeric, p95_seconds numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select q.stage, q.message_count, q.due_count, q.working_count, q.oldest_due_seconds, q.running_count,
           q.max_invocations::int, coalesce(q.is_circuit_open, false), q.paused_at, l.transition_count, l.p50_seconds,
           l.p95_seconds
    from pipeline_monitoring.queues q
    join pipeline_monitoring.stage_latency l on l.stage = q.stage and l.time_window = '1 hour'
    join pipeline_internal.stages s on s.stage = q.stage
    join upload_pipeline.statuses e on e.status = s.entry_status
    order by e.total_pct;
end $$;
COMMENT ON FUNCTION pipeline_console.overview_stages() IS 'Each stage in the order of the pipeline: its queue now, and the documents that left it in the last hour, with their time in it. @nullable paused_at, p50_seconds, p95_seconds.';
REVOKE ALL ON FUNCTION pipeline_console.overview_stages() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.overview_stages() TO authenticated;

CREATE FUNCTION pipeline_console.pause_stage(p_stage text, p_reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_stage pipeline_internal.stages;
begin
  perform pipeline_access.require_console_role('operator');
  if coalesce(btrim(p_reason), '') = '' then
    raise exception 'A pause needs a reason.' using
      errcode = 'invalid_parameter_value', hint = 'Others read it: operators, and who asks why a document waits.';
  end if;
  select * into v_stage from pipeline_internal.stages s where s.stage = p_stage for update;
  if not found then
    raise exception 'Unknown stage: %.', coalesce(p_stage, 'null') using errcode = 'invalid_parameter_value';
  elsif v_stage.paused_at is not null then
    raise exception '% is already paused: %', p_stage, v_stage.paused_because using
      errcode = 'PT409', hint = 'Resume it first to give another reason.';
  end if;
  perform pipeline_internal.pause_stage(p_stage, btrim(p_reason));
  perform pipeline_internal.record_console_act(
    'pause_stage', p_details => jsonb_build_object('stage', p_stage, 'reason', btrim(p_reason)));
end $$;
COMMENT ON FUNCTION pipeline_console.pause_stage(p_stage text, p_reason text) IS 'Pauses a stage, see pipeline_internal.pause_stage. @throws invalid_parameter_value for an unknown stage or without a reason; PT409 if it is paused.';
REVOKE ALL ON FUNCTION pipeline_console.pause_stage(p_stage text, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.pause_stage(p_stage text, p_reason text) TO authenticated;

CREATE FUNCTION pipeline_console.prices() RETURNS TABLE(unit text, model text, cents numeric, credits numeric, is_expected boolean, source text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select p.unit, p.model, p.cents, p.credits, p.is_expected, p.source from pipeline_internal.prices p
  order by p.unit, p.cents, p.model;
end $$;
COMMENT ON FUNCTION pipeline_console.prices() IS 'The prices of a page by tier and of a token by model, in US cents and in the provider''s credits; new documents are expected to have the price that is marked. @nullable credits';
REVOKE ALL ON FUNCTION pipeline_console.prices() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.prices() TO authenticated;

CREATE FUNCTION pipeline_console.probe_provider(p_provider text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_provider pipeline_internal.providers;
  v_due_count bigint;
begin
  perform pipeline_access.require_console_role('operator');
  select * into v_provider from pipeline_internal.providers p where p.provider = p_provider;
  if not found then
    raise exception 'Unknown provider: %.', coalesce(p_provider, 'null') using errcode = 'invalid_parameter_value';
  elsif v_provider.opened_at is null then
    raise exception 'The circuit of % is closed.', p_provider using
      errcode = 'PT409', hint = 'Workers call it already: there is nothing to probe.';
  end if;
  v_due_count := pipeline_internal.probe_provider(p_provider);
  perform pipeline_internal.record_console_act(
    'probe_provider', p_details => jsonb_build_object('provider', p_provider, 'made_due', v_due_count));
  return v_due_count;
end $$;
COMMENT ON FUNCTION pipeline_console.probe_provider(p_provider text) IS 'Sends the half-open probe at once, see pipeline_internal.probe_provider, and returns the number of jobs that it made due. @throws invalid_parameter_value for an unknown provider; PT409 if its circuit is closed.';
REVOKE ALL ON FUNCTION pipeline_console.probe_provider(p_provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.probe_provider(p_provider text) TO authenticated;

CREATE FUNCTION pipeline_console.providers() RETURNS TABLE(provider text, circuit text, opened_at timestamp with time zone, probe_at timestamp with time zone, fault text, fault_count integer, failure_count integer, code text, message text, requests_per_minute real, request_burst real, request_level numeric, tokens_per_minute real, token_burst real, token_level numeric, stages text[], paused_stages text[], due_count numeric, postponed_count numeric, read_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select p.provider, p.circuit, p.opened_at, p.probe_at, p.fault, p.fault_count, p.failure_count, p.code, p.message,
           p.requests_per_minute, p.request_burst, p.request_level, p.tokens_per_minute, p.token_burst, p.token_level,
           coalesce(s.stages, '{}'), coalesce(s.paused_stages, '{}'), coalesce(s.due_count, 0),
           coalesce(s.postponed_count, 0), clock_timestamp()
    from pipeline_monitoring.providers p
    left join (
      select s.provider, array_agg(s.stage order by s.position) as stages,
             array_agg(s.stage order by s.position) filter (where s.paused_at is not null) as paused_stages,
             sum(q.due_count) as due_count, sum(q.postponed_count) as postponed_count
      from pipeline_monitoring.stages s
      join pipeline_monitoring.queues q using (stage)
      group by s.provider) s using (provider)
    order by p.provider;
end $$;
COMMENT ON FUNCTION pipeline_console.providers() IS 'Each provider: its circuit, its rates and what its buckets hold at read_at, the stages that call it, and their messages that are due or postponed. @nullable opened_at, probe_at, fault, code, message.';
REVOKE ALL ON FUNCTION pipeline_console.providers() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.providers() TO authenticated;

CREATE FUNCTION pipeline_console.pulse() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return concat_ws(
    ' ',
    (select last_value from upload_pipeline.events_event_no_seq),
    (select last_value from pipeline_internal.audit_log_audit_no_seq),
    (select max(a.opened_at) from pipeline_internal.alerts a),
    (select max(a.closed_at) from pipeline_internal.alerts a),
    (select r.counted_to from pipeline_internal.roll_up r));
end $$;
COMMENT ON FUNCTION pipeline_console.pulse() IS 'Changes whenever a document has moved, an act was audited, an alert opened or closed, or events were counted. Cheap enough to be read every second.';
REVOKE ALL ON FUNCTION pipeline_console.pulse() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.pulse() TO authenticated;

CREATE FUNCTION pipeline_console.redrive(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_document_id uuid DEFAULT NULL::uuid, p_selection text DEFAULT NULL::text, p_dry_run boolean DEFAULT true) RETURNS TABLE(document_count bigint, page_count bigint, documents_of_unknown_length bigint, token_count bigint, cost_cents numeric, redriven_count bigint, selection text, asked_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  if not p_dry_run and p_selection is null then
    raise exception 'A redrive needs the selection of its dry run.' using errcode = 'invalid_parameter_value';
  end if;
  asked_at := clock_timestamp();
  select r.job_count, r.page_count, r.jobs_of_unknown_length, r.token_count, r.cost_cents, r.redriven_count, r.selection
  into strict document_count, page_count, documents_of_unknown_length, token_count, cost_cents, redriven_count,
    selection
  from pipeline_internal.redrive_all(
    p_code, p_user_id, p_from, p_until, p_dry_run => p_dry_run, p_document_id => p_document_id,
    p_selection => p_selection, p_limit => 500) r;
  if not p_dry_run then
    perform pipeline_internal.record_console_act(
      'redrive_documents', p_document_id, p_user_id => p_user_id, p_details => jsonb_build_object(
        'code', p_code, 'from', p_from, 'until', p_until, 'matching', document_count, 'redriven', redriven_count));
  end if;
  return next;
end $$;
COMMENT ON FUNCTION pipeline_console.redrive(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_document_id uuid, p_selection text, p_dry_run boolean) IS 'Redrives the documents of the dead letter that match, at most 500 with a call, oldest first; by default only counts them and what they are expected to cost. A call redrives exactly what p_selection names, the selection of the dry run or of the call before; if the dead letter has changed meanwhile, it raises object_not_in_prerequisite_state and changes nothing. document_count: those that matched before. Call again with the selection that it returns until redriven_count is document_count or 0; the rest is held by another transaction.';
REVOKE ALL ON FUNCTION pipeline_console.redrive(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_document_id uuid, p_selection text, p_dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.redrive(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_document_id uuid, p_selection text, p_dry_run boolean) TO authenticated;

CREATE FUNCTION pipeline_console.resend_notification(p_delivery_no bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_document_id uuid;
  v_details jsonb;
begin
  perform pipeline_access.require_console_role('operator');
  select o.document_id, jsonb_build_object('endpoint', e.name, 'event', o.type, 'message_id', o.message_id)
  into v_document_id, v_details
  from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
  where o.delivery_no = p_delivery_no;
  if not pipeline_internal.resend_notification(p_delivery_no) then return false; end if;
  perform pipeline_internal.record_console_act('resend_notification', v_document_id, v_details);
  return true;
end $$;
COMMENT ON FUNCTION pipeline_console.resend_notification(p_delivery_no bigint) IS 'Makes an undelivered notification due now, with all its attempts again. False: it was delivered, whereupon its content was removed, or withdrawn.';
REVOKE ALL ON FUNCTION pipeline_console.resend_notification(p_delivery_no bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.resend_notification(p_delivery_no bigint) TO authenticated;

CREATE FUNCTION pipeline_console.resend_notifications(p_endpoint text, p_dry_run boolean DEFAULT true) RETURNS TABLE(given_up_count bigint, waiting_count bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  if not exists (select from pipeline_internal.endpoints e where e.name = p_endpoint) then
    raise exception 'Unknown endpoint: %.', coalesce(p_endpoint, 'null') using errcode = 'no_data_found';
  end if;
  select count(*) filter (where o.given_up_at is not null), count(*) filter (where o.given_up_at is null)
  into given_up_count, waiting_count
  from pipeline_internal.outbox o join pipeline_internal.endpoints e using (endpoint_id)
  where e.name = p_endpoint and o.delivered_at is null;
  if not p_dry_run then
    perform pipeline_internal.resend(p_endpoint);
    perform pipeline_internal.record_console_act('resend_notifications', p_details => jsonb_build_object(
      'endpoint', p_endpoint, 'given_up', given_up_count, 'waiting', waiting_count));
  end if;
  return next;
end $$;
COMMENT ON FUNCTION pipeline_console.resend_notifications(p_endpoint text, p_dry_run boolean) IS 'Makes every undelivered notification of an endpoint due now, those that were given up included; a dry run only counts them. @throws no_data_found for an unknown endpoint.';
REVOKE ALL ON FUNCTION pipeline_console.resend_notifications(p_endpoint text, p_dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.resend_notifications(p_endpoint text, p_dry_run boolean) TO authenticated;

CREATE FUNCTION pipeline_console.resume_stage(p_stage text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  if not pipeline_internal.resume_stage(p_stage) then
    raise exception '% is not paused.', coalesce(p_stage, 'null') using errcode = 'PT409';
  end if;
  perform pipeline_internal.record_console_act('resume_stage', p_details => jsonb_build_object('stage', p_stage));
end $$;
COMMENT ON FUNCTION pipeline_console.resume_stage(p_stage text) IS 'Ends the pause of a stage, see pipeline_internal.resume_stage. @throws PT409 if it is not paused.';
REVOKE ALL ON FUNCTION pipeline_console.resume_stage(p_stage text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.resume_stage(p_stage text) TO authenticated;

CREATE FUNCTION pipeline_console.retry_document(p_document_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_job record;
  v_outcome text;
begin
  perform pipeline_access.require_console_role('operator');
  select j.job_id, j.user_id, j.state into v_job
  from upload_pipeline.upload_jobs j where j.document_id = p_document_id;
  v_outcome := case
    when v_job.job_id is null then 'unknown'
    when v_job.state <> 'retryable' then 'not_retryable'
    else (select r.outcome from pipeline_internal.retry_job(v_job.user_id, v_job.job_id) r) end;
  perform pipeline_internal.record_console_act(
    'retry_document', p_document_id, jsonb_build_object('outcome', v_outcome));
  return v_outcome;
end $$;
COMMENT ON FUNCTION pipeline_console.retry_document(p_document_id uuid) IS 'Makes a document due now that waits for its next attempt: retried. not_retryable: it does not wait for one; unknown: there is no such document.';
REVOKE ALL ON FUNCTION pipeline_console.retry_document(p_document_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.retry_document(p_document_id uuid) TO authenticated;

CREATE FUNCTION pipeline_console.retry_waiting(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_dry_run boolean DEFAULT true) RETURNS TABLE(document_count bigint, retried_count bigint, asked_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  asked_at := clock_timestamp();
  select r.job_count, r.retried_count into strict document_count, retried_count
  from pipeline_internal.retry_all(p_code, p_user_id, p_from, p_until, p_dry_run, 500) r;
  if not p_dry_run then
    perform pipeline_internal.record_console_act(
      'retry_documents', p_user_id => p_user_id, p_details => jsonb_build_object(
        'code', p_code, 'from', p_from, 'until', p_until, 'matching', document_count, 'retried', retried_count));
  end if;
  return next;
end $$;
COMMENT ON FUNCTION pipeline_console.retry_waiting(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean) IS 'Makes the documents that match due now, of those that wait for their next attempt: at most 500 with a call. By default it only counts them. document_count: those that matched before. Call again with the asked_at of the first call as p_until until retried_count is document_count or 0; the rest was claimed meanwhile.';
REVOKE ALL ON FUNCTION pipeline_console.retry_waiting(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.retry_waiting(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone, p_dry_run boolean) TO authenticated;

CREATE FUNCTION pipeline_console.schedules() RETURNS TABLE(schedule text, timing text, is_active boolean, is_running boolean, last_started_at timestamp with time zone, last_success_at timestamp with time zone, last_seconds double precision, p95_seconds_1h double precision, runs_1h bigint, failures_1h bigint, last_failure text, last_failure_at timestamp with time zone, read_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select s.schedule, s.timing, s.is_active, s.is_running, s.last_started_at, s.last_success_at, s.last_seconds,
           s.p95_seconds_1h, s.runs_1h, s.failures_1h, s.last_failure, s.last_failure_at, clock_timestamp()
    from pipeline_monitoring.schedules s order by s.schedule;
end $$;
COMMENT ON FUNCTION pipeline_console.schedules() IS 'The schedules of the pipeline (pg_cron) and their latest runs. @nullable last_started_at, last_success_at, last_seconds, p95_seconds_1h, last_failure, last_failure_at.';
REVOKE ALL ON FUNCTION pipeline_console.schedules() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.schedules() TO authenticated;

CREATE FUNCTION pipeline_console.set_price(p_unit text, p_model text, p_cents numeric, p_source text, p_credits numeric DEFAULT NULL::numeric) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('operator');
  if p_cents is null or p_cents < 0 or p_cents in ('NaN', 'Infinity') or p_credits <= 0
     or p_credits in ('NaN', 'Infinity') then
    raise exception 'A price is zero or more, and credits are more than zero.' using
      errcode = 'invalid_parameter_value';
  end if;
  if p_source is null or btrim(p_source) = '' or char_length(p_source) > 500 then
    raise exception 'A price has a source of up to 500 characters.' using errcode = 'invalid_parameter_value';
  end if;
  -- The audit entry is that of every changed setting; it names the operator.
  update pipeline_internal.prices p set cents = p_cents, credits = p_credits, source = p_source
  where p.unit = p_unit and p.model = p_model;
  if not found then
    raise exception 'Unknown price: %.', concat_ws(' ', p_unit, p_model) using errcode = 'no_data_found';
  end if;
end $$;
COMMENT ON FUNCTION pipeline_console.set_price(p_unit text, p_model text, p_cents numeric, p_source text, p_credits numeric) IS 'Sets what a unit of a model costs from now on, in US cents and in the provider''s credits, if it has them. Earlier charges keep their price. @throws no_data_found for an unknown unit or model, invalid_parameter_value for an invalid price or source.';
REVOKE ALL ON FUNCTION pipeline_console.set_price(p_unit text, p_model text, p_cents numeric, p_source text, p_credits numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.set_price(p_unit text, p_model text, p_cents numeric, p_source text, p_credits numeric) TO authenticated;

CREATE FUNCTION pipeline_console.setting_changes(p_setting text, p_limit integer DEFAULT 20) RETURNS TABLE(happened_at timestamp with time zone, operator text, row_key text, columns text[], before jsonb, after jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select a.happened_at, coalesce(u.email::text, a.database_role::text),
           coalesce(a.user_id::text, (select min(k.value) from jsonb_each_text(a.details -> 'row') k)),
           array(select jsonb_array_elements_text(a.details -> 'columns')), a.details -> 'from', a.details -> 'to'
    from pipeline_internal.audit_log a
    left join auth.users u on u.id = a.operator_id
    where a.action = 'setting_changed' and a.details ->> 'setting' = p_setting
    order by a.happened_at desc
    limit least(coalesce(p_limit, 20), 100);
end $$;
COMMENT ON FUNCTION pipeline_console.setting_changes(p_setting text, p_limit integer) IS 'The latest changes of a table of settings: who (an operator''s address, or the database role), which row and columns, and their values before and after. @nullable operator, row_key, before, after.';
REVOKE ALL ON FUNCTION pipeline_console.setting_changes(p_setting text, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.setting_changes(p_setting text, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.settings(p_setting text) RETURNS TABLE(row_key text, column_name text, type text, value jsonb, default_value jsonb, description text, rules text[], choices text[], is_editable boolean, is_nullable boolean, version text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_key name := pipeline_internal.setting_key(p_setting);
  v_rows jsonb[];
  v_defaults jsonb := jsonb_build_object();
  v_column record;
begin
  perform pipeline_access.require_console_role('viewer');
  if v_key is null then
    raise exception 'Unknown setting: %.', coalesce(p_setting, 'null') using
      errcode = 'invalid_parameter_value', hint = 'Settings: limits, retention, stages, providers.';
  end if;
  execute format('select array_agg(to_jsonb(t) order by t.%I) from pipeline_internal.%I t', v_key, p_setting)
    into v_rows;
  for v_column in
    select a.attname, pg_get_expr(d.adbin, d.adrelid) as expression
    from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where d.adrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting))
      and p_setting = 'limits'
  loop
    execute format('select $1 || jsonb_build_object($2, %s)', v_column.expression) into v_defaults
      using v_defaults, v_column.attname;
  end loop;
  return query
    select r.row ->> v_key, c.column_name::text, c.type, r.row -> c.column_name,
           case when p_setting = 'limits' then coalesce(v_defaults -> c.column_name, 'null') end,
           coalesce(
             r.row ->> 'description',
             col_description(to_regclass('pipeline_internal.' || quote_ident(p_setting)), c.ord)),
           array(select u.rule from pipeline_internal.setting_rules(p_setting) u where c.column_name = any (u.columns)),
           case when p_setting = 'limits' and c.column_name = 'allowed_mime_types'
             then array(select t.mime from pipeline_internal.file_types t order by t.mime) end,
           c.is_editable,
           not (select a.attnotnull from pg_catalog.pg_attribute a
                where a.attrelid = to_regclass('pipeline_internal.' || quote_ident(p_setting)) and a.attnum = c.ord),
           md5((r.row -> c.column_name)::text)
    from unnest(v_rows) with ordinality r ("row", ord)
    cross join pipeline_internal.setting_columns(p_setting) c
    order by r.ord, c.ord;
end $_$;
COMMENT ON FUNCTION pipeline_console.settings(p_setting text) IS 'One row for each column of each row of limits, retention, stages or providers: its value, default (of limits), meaning, rules, and a version that change_settings compares. @nullable default_value, description, choices.';
REVOKE ALL ON FUNCTION pipeline_console.settings(p_setting text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.settings(p_setting text) TO authenticated;

CREATE FUNCTION pipeline_console.stage_errors(p_time_window text DEFAULT '1 hour'::text) RETURNS TABLE(stage text, type text, code text, event_count bigint, last_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select e.stage, e.type, e.code, e.event_count, e.last_at
    from pipeline_monitoring.errors e
    where e.time_window = p_time_window and e.stage is not null
    order by e.stage, e.event_count desc, e.code
    limit 200;
end $$;
COMMENT ON FUNCTION pipeline_console.stage_errors(p_time_window text) IS 'The attempts of each stage that failed, by error code: retried (retry), waiting for a provider (pause), or given up (failure). @nullable code.';
REVOKE ALL ON FUNCTION pipeline_console.stage_errors(p_time_window text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.stage_errors(p_time_window text) TO authenticated;

CREATE FUNCTION pipeline_console.stage_runs() RETURNS TABLE(stage text, ending text, run_count bigint, settled_count bigint, average_start_seconds numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select r.stage, r.ending, r.run_count, coalesce(r.settled_count, 0), r.average_start_seconds
    from pipeline_monitoring.runs r order by r.stage, r.run_count desc;
end $$;
COMMENT ON FUNCTION pipeline_console.stage_runs() IS 'The runs of each stage in the last hour, by how they ended. @nullable average_start_seconds.';
REVOKE ALL ON FUNCTION pipeline_console.stage_runs() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.stage_runs() TO authenticated;

CREATE FUNCTION pipeline_console.stages(p_time_window text DEFAULT '1 hour'::text) RETURNS TABLE(stage text, "position" bigint, provider text, next_stage text, is_circuit_open boolean, paused_at timestamp with time zone, paused_because text, due_count bigint, working_count bigint, postponed_count bigint, oldest_due_seconds numeric, running_count bigint, max_invocations smallint, slots smallint, batch smallint, lease_seconds real, max_attempts smallint, transition_count bigint, per_minute numeric, p50_seconds numeric, p95_seconds numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select s.stage, s.position, s.provider, s.next_stage, coalesce(q.is_circuit_open, false), s.paused_at,
      s.paused_because, q.due_count,
           q.working_count, q.postponed_count, q.oldest_due_seconds, q.running_count, s.max_invocations, s.slots,
           s.batch, s.lease_seconds, s.max_attempts, l.transition_count, l.per_minute, l.p50_seconds, l.p95_seconds
    from pipeline_monitoring.stages s
    join pipeline_monitoring.queues q using (stage)
    left join pipeline_monitoring.stage_latency l on l.stage = s.stage and l.time_window = p_time_window
    order by s.position;
end $$;
COMMENT ON FUNCTION pipeline_console.stages(p_time_window text) IS 'Each stage in order: its queue, its runs, its pause, and its throughput within 5 minutes, 1 hour or 24 hours (p_time_window). What is claimed fills slots times max_invocations. @nullable provider, next_stage, paused_at, paused_because, transition_count, per_minute, p50_seconds, p95_seconds.';
REVOKE ALL ON FUNCTION pipeline_console.stages(p_time_window text) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.stages(p_time_window text) TO authenticated;

CREATE FUNCTION pipeline_console.support_users(p_limit integer DEFAULT 200) RETURNS TABLE(user_id uuid, email text, granted_at timestamp with time zone, until timestamp with time zone, documents bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  perform pipeline_access.require_console_role('viewer');
  return query
  select s.user_id, u.email::text, s.granted_at, s.until, d.documents
  from pipeline_internal.support_access s
  join auth.users u on u.id = s.user_id and u.deleted_at is null
  cross join lateral (
    select count(*) as documents from upload_pipeline.documents d where d.user_id = s.user_id and d.chunk_count > 0) d
  where s.until > clock_timestamp()
  order by s.granted_at desc, s.user_id
  limit least(greatest(p_limit, 1), 1000);
end $$;
COMMENT ON FUNCTION pipeline_console.support_users(p_limit integer) IS 'Users who allow operators to try searches on their documents now, the latest permission first, with the number of their searchable documents. @nullable email.';
REVOKE ALL ON FUNCTION pipeline_console.support_users(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.support_users(p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.tables() RETURNS TABLE(table_name text, table_bytes bigint, index_bytes bigint, estimated_rows bigint, dead_rows bigint, vacuum_threshold bigint, bloat_bytes bigint, last_vacuum_at timestamp with time zone, last_autovacuum_at timestamp with time zone, last_analyze_at timestamp with time zone, age_transactions integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select t.table_name, t.table_bytes, t.index_bytes, t.estimated_rows, t.dead_rows, t.vacuum_threshold, t.bloat_bytes,
           t.last_vacuum_at, t.last_autovacuum_at, t.last_analyze_at, t.age_transactions
    from pipeline_monitoring.tables t order by t.table_bytes + t.index_bytes desc, t.table_name limit 500;
end $$;
COMMENT ON FUNCTION pipeline_console.tables() IS 'The tables of the pipeline, the largest first. @nullable dead_rows, bloat_bytes, last_vacuum_at, last_autovacuum_at, last_analyze_at.';
REVOKE ALL ON FUNCTION pipeline_console.tables() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.tables() TO authenticated;

CREATE FUNCTION pipeline_console.try_search(p_user_id uuid, p_question text, p_question_key text DEFAULT NULL::text, p_mode text DEFAULT 'hybrid'::text, p_k integer DEFAULT 8, p_document_ids uuid[] DEFAULT NULL::uuid[], p_min_score double precision DEFAULT NULL::double precision, p_min_similarity double precision DEFAULT NULL::double precision, p_max_per_document integer DEFAULT NULL::integer, p_weight_words double precision DEFAULT NULL::double precision, p_weight_meaning double precision DEFAULT NULL::double precision, p_language text DEFAULT NULL::text, p_explain_chunk_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_operator uuid := pipeline_access.require_console_role('operator');
  v_claims text := current_setting('request.jwt.claims', true);
  -- An older PostgREST sets each claim by itself, and auth.uid() prefers it.
  v_subject text := current_setting('request.jwt.claim.sub', true);
  v_embedding extensions.halfvec;
  v_answer jsonb;
begin
  if p_user_id is null or p_question is null then
    raise exception 'p_user_id and p_question must be given' using errcode = 'invalid_parameter_value';
  elsif p_user_id <> v_operator and not pipeline_internal.allows_support(p_user_id) then
    -- The Data API answers 403. Not insufficient_privilege: the operator's role is not what is missing.
    raise exception 'This user does not allow operators to try searches on their documents, or no longer does.' using
      errcode = 'PT403', hint = 'The user allows it in the console, at Account, for some days.';
  end if;
  if p_mode is distinct from 'text' then
    select q.embedding into v_embedding from pipeline_internal.question_vectors q
    where q.user_id = v_operator and q.key = p_question_key;
    if not found then
      raise exception 'You have not asked this question: its vector is missing.' using
        errcode = 'PT409', hint = 'Ask it at POST /api/search first, or try it with mode text.';
    end if;
  end if;

  -- From here on the request is the user's: auth.uid() and row-level security decide what is found.
  perform set_config('request.jwt.claim.sub', p_user_id::text, true),
          set_config('request.jwt.claims', jsonb_build_object(
            'sub', p_user_id, 'role', 'authenticated',
            'is_anonymous', (select u.is_anonymous from auth.users u where u.id = p_user_id))::text, true);
  v_answer := pipeline_search.timed_search(
    v_embedding, p_question, p_k, p_document_ids, p_mode, p_min_score, p_min_similarity, p_max_per_document,
    p_weight_words, p_weight_meaning, p_language, p_explain_chunk_id);
  perform set_config('request.jwt.claim.sub', coalesce(v_subject, ''), true),
          set_config('request.jwt.claims', v_claims, true);

  perform pipeline_internal.record_console_act('try_search', null, jsonb_build_object(
    'mode', p_mode, 'hits', jsonb_array_length(v_answer -> 'results'),
    'explains_chunk', p_explain_chunk_id is not null), p_user_id);
  return v_answer;
end $$;
COMMENT ON FUNCTION pipeline_console.try_search(p_user_id uuid, p_question text, p_question_key text, p_mode text, p_k integer, p_document_ids uuid[], p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid) IS 'Searches the documents of a user who allows it, or the operator''s own, as that user would find them: {results, next, notices, explained, timings}, each result with its explanation; see pipeline_search.search and timed_search. The vector is the one that the API has cached for the operator''s own search with the same question, found by p_question_key; mode text needs none. Writes an audit entry with the number of results, never the question. @throws PT403 without the user''s permission; PT409 if the vector is missing.';
REVOKE ALL ON FUNCTION pipeline_console.try_search(p_user_id uuid, p_question text, p_question_key text, p_mode text, p_k integer, p_document_ids uuid[], p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.try_search(p_user_id uuid, p_question text, p_question_key text, p_mode text, p_k integer, p_document_ids uuid[], p_min_score double precision, p_min_similarity double precision, p_max_per_document integer, p_weight_words double precision, p_weight_meaning double precision, p_language text, p_explain_chunk_id uuid) TO authenticated;

CREATE FUNCTION pipeline_console.user_budgets(p_user text DEFAULT NULL::text, p_after uuid DEFAULT NULL::uuid, p_limit integer DEFAULT 50) RETURNS TABLE(user_id uuid, kind text, monthly_cents numeric, spent_cents numeric, reserved_cents numeric, version text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select u.user_id,
           case when b.user_id is null then 'default' when b.monthly_cents is null then 'unlimited' else 'own' end,
           pipeline_internal.budget_of(u.user_id), spent.cents,
           pipeline_internal.committed_cents(u.user_id) - spent.cents,
           pipeline_internal.user_budget_version(u.user_id)
    from (
      select b.user_id from pipeline_internal.user_budgets b
      where p_user is null and (p_after is null or b.user_id > p_after)
      union all
      select a.id from auth.users a
      where a.deleted_at is null and (a.id::text = lower(btrim(p_user)) or a.email = lower(btrim(p_user)))
      order by 1
      limit least(coalesce(p_limit, 50), 200)) u
    left join pipeline_internal.user_budgets b on b.user_id = u.user_id
    cross join lateral (select pipeline_internal.spent_cents(u.user_id) as cents) spent
    order by u.user_id;
end $$;
COMMENT ON FUNCTION pipeline_console.user_budgets(p_user text, p_after uuid, p_limit integer) IS 'The monthly budgets of users who have one of their own, or of one user (p_user: an id or an address), with what is charged and reserved this month, in US cents. p_after: the last user_id of the page before. @nullable monthly_cents.';
REVOKE ALL ON FUNCTION pipeline_console.user_budgets(p_user text, p_after uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.user_budgets(p_user text, p_after uuid, p_limit integer) TO authenticated;

CREATE FUNCTION pipeline_console.vacuum_blockers() RETURNS TABLE(kind text, name text, role text, state text, since timestamp with time zone, age_transactions bigint, retained_bytes bigint, remedy text, read_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query
    select b.kind, b.name, b.role, b.state, b.since, b.age_transactions, b.retained_bytes, b.remedy, clock_timestamp()
    from pipeline_monitoring.vacuum_blockers() b limit 50;
end $$;
COMMENT ON FUNCTION pipeline_console.vacuum_blockers() IS 'What keeps vacuum from removing dead rows, the oldest first, and what to do. @nullable role, state, since, age_transactions, retained_bytes.';
REVOKE ALL ON FUNCTION pipeline_console.vacuum_blockers() FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.vacuum_blockers() TO authenticated;

CREATE FUNCTION pipeline_console.waiting(p_code text DEFAULT NULL::text, p_user_id uuid DEFAULT NULL::uuid, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(code text, document_count bigint, user_count bigint, next_at timestamp with time zone, last_at timestamp with time zone, stages text[], example_document_id uuid, example_message text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pipeline_access.require_console_role('viewer');
  return query select * from pipeline_monitoring.waiting_reasons(p_code, p_user_id, p_from, p_until);
end $$;
COMMENT ON FUNCTION pipeline_console.waiting(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) IS 'The documents that wait for their next attempt, by error code: of this code, of this user, failed in this time.';
REVOKE ALL ON FUNCTION pipeline_console.waiting(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION pipeline_console.waiting(p_code text, p_user_id uuid, p_from timestamp with time zone, p_until timestamp with time zone) TO authenticated;
