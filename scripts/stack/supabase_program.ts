import { resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname!, "../..");
const ARCHITECTURE = Deno.build.arch === "aarch64" ? "arm64" : "x64";
const SUFFIX = Deno.build.os === "windows" ? ".exe" : "";

/** The Supabase CLI itself: the command in `.bin` would start it through Node. */
export const SUPABASE_PROGRAM =
  `${REPOSITORY}/node_modules/@supabase/cli-${Deno.build.os}-${ARCHITECTURE}/bin/supabase${SUFFIX}`;

/**
 * What every start of it is told. It lives for a second, most of which it spends on its own start: compiling hot code and
 * giving memory back to the system, for which Bun, in which it is written, has switches, never pay.
 */
export const SUPABASE_PROGRAM_ENVIRONMENT = {
  DO_NOT_TRACK: "1",
  SUPABASE_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  BUN_JSC_useDFGJIT: "0",
  MIMALLOC_PURGE_DELAY: "1000",
};
