// Written by npm run generate from a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** The operators' functions: the schema pipeline_console. */
export interface Functions {
  pulse: { Args: Record<never, never>; Returns: string };
}
