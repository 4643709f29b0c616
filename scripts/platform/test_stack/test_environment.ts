import { networkEnvironment } from "../../dev/network_environment.ts";

/** What programs need anywhere. */
const MACHINE = ["PATH", "HOME", "TMPDIR", "LC_ALL", "APT_CONFIG", "CI"];
const RUNTIME = ["DENO_DIR", "DENO_NO_UPDATE_CHECK"];
const SCREEN = ["TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"];
/** What some tests may be asked for: how long they look, and from which seed. */
const MEASURES = [
  "DROPPED_SESSIONS_SECONDS",
  "FUZZ_RUNS",
  "FUZZ_SEED",
  "INTERLEAVINGS",
  "INTERLEAVINGS_SEED",
  "LARGE_DOCUMENT",
];

/**
 * Of the stacks that tests start: the least that Auth's stand-in takes. It hashes passwords as slowly as hosted, but on the
 * thread that serves all of the stack, which then stood still for a tenth of a second at each sign-in.
 */
export const STACK_ENVIRONMENT = { LITE_AUTH_BCRYPT_COST: "4" };

/**
 * All that tests see of this process' environment. A shell that knows a project (`DATABASE_URL`, `SUPABASE_…`, a provider's
 * key) must not have tests run on it. How npm is set up stays: some tests install packages.
 */
export function testEnvironment(): Record<string, string> {
  const npm = Object.keys(Deno.env.toObject()).filter((name) =>
    /^npm_config_/i.test(name)
  );
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
