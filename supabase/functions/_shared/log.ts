export type Level = "debug" | "info" | "warn" | "error";

/**
 * Fields of a log line. Those named here have the same name in every function, so that lines can be found and counted.
 * Never document text, tokens, keys or passwords.
 */
export interface Fields {
  /**
   * The request's id; in a worker's lines, that of the request that registered the document. Events have the same id.
   */
  request_id?: string | null;
  run_id?: string;
  stage?: string;
  job_id?: string | null;
  document_id?: string | null;
  user_id?: string;
  attempt?: number;
  duration_ms?: number;
  /** The stable, machine-readable code of an error. */
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

/** Structured logs: one JSON object per line, on standard output, as the platform's log collector expects. */
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
