import { REPOSITORY } from "../../dev/repository.ts";

const ARCHITECTURE = Deno.build.arch === "aarch64" ? "arm64" : "x64";
const SUFFIX = Deno.build.os === "windows" ? ".exe" : "";

/**
 * The Supabase CLI itself: the command in `.bin` would start it through Node.
 */
export const SUPABASE_PROGRAM =
  `${REPOSITORY}/node_modules/@supabase/cli-${Deno.build.os}-${ARCHITECTURE}/bin/supabase${SUFFIX}`;

/**
 * The environment of every start. The CLI runs for a second and takes most of it to load. In that time neither
 * compiling its code nor returning memory to the system pays off; both are off. The CLI runs on Bun.
 */
export const SUPABASE_PROGRAM_ENVIRONMENT = {
  DO_NOT_TRACK: "1",
  SUPABASE_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  BUN_JSC_useBaselineJIT: "0",
  MIMALLOC_PURGE_DELAY: "1000",
};
