export type Level = "debug" | "info" | "warn" | "error";

/**
 * Particulars of one log line; those that have a name here have it in every function, so that lines are found and counted
 * alike. Never document text, tokens, keys or passwords.
 */
export interface Fields {
  /** Of the request; in a worker's lines, of the one that registered the document. The same id as in events. */
  request_id?: string | null;
  run_id?: string;
  stage?: string;
  job_id?: string | null;
  document_id?: string | null;
  user_id?: string;
  attempt?: number;
  duration_ms?: number;
  /** Stable and machine-readable: what went wrong. */
  code?: string;
  error?: unknown;
  [particular: string]: unknown;
}

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A logger that adds these fields to each of its lines. */
  with(fields: Fields): Logger;
}

/** Structured logs: one JSON object a line, on standard output as the platform's log collector expects. */
export function createLogger(
  service: string,
  write: (line: string) => void = console.log,
  context: Fields = {},
): Logger {
  const line = (level: Level) => (message: string, fields: Fields = {}) =>
    write(JSON.stringify({
      time: new Date().toISOString(),
      level,
      service,
      message,
      ...context,
      ...fields,
    }, errorsAsText));
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    with: (fields) => createLogger(service, write, { ...context, ...fields }),
  };
}

function errorsAsText(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack };
}
