import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/**
 * Variables that a machine or a shell sets for other programs and that would affect ours: another database's address, another git
 * repository (set by its hooks), a production mode, another runtime's options. Variables with network settings stay.
 */
const OF_OTHERS = [
  /^PG[A-Z]/,
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|NAMESPACE)$/,
  /^GIT_(ALTERNATE_OBJECT_DIRECTORIES|OBJECT_DIRECTORY)$/,
  /^NODE_(ENV|OPTIONS|PATH)$/,
  /^DENO_(?!CERT$|TLS_CA_STORE$)/,
  /^(LD_LIBRARY_PATH|LANG|LANGUAGE|LC_.+)$/,
  /^(VITE.*|ESBUILD_.+|SUPABASE_(CLI_BINARY_OVERRIDE|WORKDIR))$/,
];

/** The parent of a user's files, for a user without a home. */
const SPARE_HOME = ".stack/home";

/**
 * The environment of every command: the caller's without variables for other programs, with a writable home and cache. So a
 * command does the same in every shell.
 * @param root of the repository
 * @param cwd the caller's folder
 */
export function ownEnvironment(root, env = process.env, cwd = process.cwd()) {
  const kept = Object.entries(env).filter(([name]) => !OF_OTHERS.some((pattern) => pattern.test(name)));
  return {
    DENO_TLS_CA_STORE: "system,mozilla",
    ...Object.fromEntries(kept),
    DENO_NO_UPDATE_CHECK: "1",
    DENO_DIR: join(root, ".stack/deno"),
    // npm starts its scripts in the project's folder, and passes the caller's folder.
    INIT_CWD: cwd === root && env.INIT_CWD !== undefined ? env.INIT_CWD : cwd,
    ...homeOf(root, env),
    LC_ALL: "C.UTF-8",
  };
}

function homeOf(root, env) {
  const home = knownHome();
  if (home && isWritableFolder(home)) return { HOME: home };
  const spare = join(root, SPARE_HOME);
  mkdirSync(spare, { recursive: true });
  // npm passes its own cache folder.
  const cache = env.npm_config_cache;
  return {
    HOME: spare,
    npm_config_cache: cache && isWritableFolder(cache) ? cache : join(spare, ".npm"),
  };
}

/** Undefined for a user without an entry in the user database. */
function knownHome() {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Whether this user may write to a folder; false if it does not exist. */
export function isWritableFolder(path) {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
