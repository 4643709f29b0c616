import { networkEnvironment } from "../../dev/network_environment.ts";

/** Variables that every program needs. */
const MACHINE = ["PATH", "HOME", "TMPDIR", "LC_ALL", "APT_CONFIG", "CI"];
const RUNTIME = ["DENO_DIR", "DENO_NO_UPDATE_CHECK"];
const SCREEN = ["TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"];
/** Options of some tests: their duration and their seed. */
const MEASURES = [
  "DROPPED_SESSIONS_SECONDS",
  "FUZZ_RUNS",
  "FUZZ_SEED",
  "INTERLEAVINGS",
  "INTERLEAVINGS_SEED",
  "LARGE_DOCUMENT",
];

/**
 * Of the stacks that tests start: the lowest cost that Auth's stand-in accepts. At its default it hashes passwords as
 * slowly as hosted, on the thread that serves the whole stack, and stops the stack for a tenth of a second at each
 * sign-in.
 */
export const STACK_ENVIRONMENT = { LITE_AUTH_BCRYPT_COST: "4" };

/**
 * The environment of tests. Tests must not run on a project that the shell knows (`DATABASE_URL`, `SUPABASE_…`, a
 * provider's key). npm's settings stay, because some tests install packages.
 */
export function testEnvironment(): Record<string, string> {
  const npm = Object.keys(Deno.env.toObject()).filter((name) => /^npm_config_/i.test(name));
  return {
    ...networkEnvironment([
      ...MACHINE,
      ...RUNTIME,
      ...SCREEN,
      ...MEASURES,
      ...npm,
    ]),
    ...STACK_ENVIRONMENT,
  };
}
