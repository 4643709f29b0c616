import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/**
 * What a machine or a shell sets for other programs, and ours would obey unasked: the address of another database, git's idea
 * of another repository (its hooks set it), a production mode, another runtime's options. Variables that say how the network
 * is reached stay.
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

/** Below this a user's programs keep their files, if the user has no home. */
const SPARE_HOME = ".stack/home";

/**
 * The environment of every command: the caller's, without what is meant for others, with a home and a cache that can be
 * written. So a command does the same in every shell.
 * @param root of the repository
 * @param cwd where the command was called
 */
export function ownEnvironment(root, env = process.env, cwd = process.cwd()) {
  const kept = Object.entries(env).filter(([name]) =>
    !OF_OTHERS.some((pattern) => pattern.test(name))
  );
  return {
    DENO_TLS_CA_STORE: "system,mozilla",
    ...Object.fromEntries(kept),
    DENO_NO_UPDATE_CHECK: "1",
    DENO_DIR: join(root, ".stack/deno"),
    // npm starts its scripts in the project's folder and says where it was called.
    INIT_CWD: cwd === root ? env.INIT_CWD ?? cwd : cwd,
    ...homeOf(root, env),
    LC_ALL: "C.UTF-8",
  };
}

function homeOf(root, env) {
  const home = knownHome();
  if (home && isWritableFolder(home)) return { HOME: home };
  const spare = join(root, SPARE_HOME);
  mkdirSync(spare, { recursive: true });
  // npm hands on where it would have had its cache.
  const cache = env.npm_config_cache;
  return {
    HOME: spare,
    npm_config_cache: cache && isWritableFolder(cache)
      ? cache
      : join(spare, ".npm"),
  };
}

/** Undefined for a user whom the machine does not know. */
function knownHome() {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Whether this user may put files into a folder; false if it is none. */
export function isWritableFolder(path) {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
