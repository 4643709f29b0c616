-- Written by npm run generate from supabase/functions/_shared/error_codes.ts.

create or replace function pipeline_internal.error_class(p_code text) returns text
language sql immutable parallel safe set search_path = '' as $$
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
comment on function pipeline_internal.error_class is
  'The error class of a code: what the failure says something about. document: only another file helps. provider: '
  'LlamaParse or OpenAI. pipeline: the pipeline, and every unknown code.';
revoke execute on function pipeline_internal.error_class from public, anon, authenticated, service_role;

create view pipeline_internal.failure_remedies (code, mended_by, remedy) as values
  ('ARCHIVE_IS_BROKEN', 'owner', 'save the file again and upload the copy'),
  ('DOCUMENT_TOO_LARGE', 'owner', 'upload the document in parts'),
  ('EMPTY_DOCUMENT', 'owner', 'upload a scan with OCR, or a copy whose pages can be read'),
  ('FILE_MISSING', 'owner', 'upload the file again'),
  ('LLAMAPARSE_NOT_FOUND', 'operator', 'correct LLAMAPARSE_API_URL'),
  ('LLAMAPARSE_OUT_OF_CREDITS', 'operator', 'buy credits'),
  ('LLAMAPARSE_REJECTED', 'operator', 'compare the request with LlamaParse''s API'),
  ('LLAMAPARSE_UNAUTHORIZED', 'operator', 'replace LLAMAPARSE_API_KEY'),
  ('MALWARE_FOUND', 'owner', 'upload a clean file'),
  ('NOT_A_PDF', 'owner', 'upload a PDF, or announce the file''s own type'),
  ('NO_DATA_FOUND_IN_FILE', 'owner', 'upload the document with OCR'),
  ('NO_PAGE_READ', 'owner', 'open the document; if its pages show, retry the job'),
  ('OPENAI_EMPTY_INPUT', 'operator', 'look at the document''s chunks'),
  ('OPENAI_INPUT_TOO_LONG', 'operator', 'look at the document''s chunks'),
  ('OPENAI_NOT_FOUND', 'operator', 'correct OPENAI_API_URL or the key''s project'),
  ('OPENAI_OUT_OF_CREDIT', 'operator', 'add credit or raise the limit'),
  ('OPENAI_REJECTED', 'operator', 'compare the request with OpenAI''s API'),
  ('OPENAI_UNAUTHORIZED', 'operator', 'replace OPENAI_API_KEY'),
  ('PARSED_TEXT_MISSING', 'owner', 'upload the document again'),
  ('PDF_IS_BROKEN', 'owner', 'open the document, save it again, and upload the copy'),
  ('PDF_IS_PROTECTED', 'owner', 'upload a copy without a password'),
  ('SCANNER_UNAVAILABLE', 'operator', 'restore ClamAV'),
  ('SHA256_MISMATCH', 'owner', 'upload the file that was announced'),
  ('SIZE_MISMATCH', 'owner', 'upload the file that was announced'),
  ('TEXT_TOO_LONG', 'owner', 'split the document'),
  ('TEXT_UNREADABLE', 'owner', 'save the file as UTF-8 and upload it again'),
  ('TOO_MANY_PAGES', 'owner', 'upload the document in parts'),
  ('TYPE_MISMATCH', 'owner', 'announce the file''s own type, or save it as one that is accepted'),
  ('UNPACKS_TOO_LARGE', 'owner', 'upload the document in parts'),
  ('UNSUPPORTED_FILE_TYPE', 'owner', 'upload the document as a PDF'),
  ('WORKER_KILLED', 'owner', 'save the document again, or upload it in smaller parts');
comment on view pipeline_internal.failure_remedies is
  'Who mends a failure for good, owner or operator, and what that one does. Where a code is missing, an operator has '
  'nothing to do but to find its cause, and to redrive.';
revoke all on pipeline_internal.failure_remedies from public, anon, authenticated, service_role;
