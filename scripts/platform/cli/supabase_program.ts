import { REPOSITORY } from "../../dev/repository.ts";

const ARCHITECTURE = Deno.build.arch === "aarch64" ? "arm64" : "x64";
const SUFFIX = Deno.build.os === "windows" ? ".exe" : "";

/** The Supabase CLI itself: the command in `.bin` would start it through Node. */
export const SUPABASE_PROGRAM =
  `${REPOSITORY}/node_modules/@supabase/cli-${Deno.build.os}-${ARCHITECTURE}/bin/supabase${SUFFIX}`;

/**
 * What every start of it is told. It lives for a second, most of which it takes to load itself. In so short a life neither
 * compiling its code nor giving memory back to the system pays; Bun, on which it runs, lets us switch off both.
 */
export const SUPABASE_PROGRAM_ENVIRONMENT = {
  DO_NOT_TRACK: "1",
  SUPABASE_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  BUN_JSC_useBaselineJIT: "0",
  MIMALLOC_PURGE_DELAY: "1000",
};
