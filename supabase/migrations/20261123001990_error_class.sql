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
