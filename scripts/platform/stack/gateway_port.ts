import { UsageError } from "../../dev/error_with_remedy.ts";

/** The gateway's port, as on the Supabase CLI's local stack; the database's is the next one. */
export const DEFAULT_PORT = 54321;

/** @throws {UsageError} unless it is a port that leaves the next one to the database */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  // The database takes the port above the gateway's.
  if (port >= 0 && port <= 65534) return port;
  throw new UsageError(
    `--port ${text} is not a port`,
    `Write a number from 1024 to 65534, such as --port ${DEFAULT_PORT}.`,
  );
}
