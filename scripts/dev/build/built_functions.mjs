import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The folder with the built files; git ignores it. */
const BUILT = "_built";
/** Folders with test doubles, which no function imports. */
const DOUBLES = "testing";
const DIGEST_LENGTH = 12;
/** The beginning of a built file, before the digest. */
const HEADER = "// built from ";

/** The bundler's files, besides the functions' own sources. */
const BUNDLER = ["bundle.ts", "built_functions.mjs", "node_globals.js"]
  .map((name) => new URL(name, import.meta.url));

/**
 * The digest of everything that functions are built from: their sources without tests, the packages of the lock file, and the
 * bundler. It is equal in every checkout of the same files.
 * @param {string} root with `supabase/functions` and `package-lock.json`
 */
export function digestOf(root) {
  const hash = createHash("sha256");
  const add = (name, bytes) => hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  for (const path of sourcesBelow(join(root, "supabase/functions"))) {
    add(path, readFileSync(join(root, "supabase/functions", path)));
  }
  const lock = join(root, "package-lock.json");
  if (existsSync(lock)) add("package-lock.json", readFileSync(lock));
  for (const url of BUNDLER) add(url.href.split("/").at(-1), readFileSync(url));
  return hash.digest("hex").slice(0, DIGEST_LENGTH);
}

/** @returns {string[]} paths below the folder, in a fixed order */
function sourcesBelow(folder, prefix = "") {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      if (entry.name.startsWith(".") || path === BUILT) return [];
      if (entry.isDirectory()) {
        return entry.name === DOUBLES ? [] : sourcesBelow(folder, `${path}/`);
      }
      return /(\.test\.ts|\.md)$/.test(path) ? [] : [path];
    }).sort();
}

/** The first line of a built file. */
export function headerFor(digest) {
  return `${HEADER}${digest}`;
}

/**
 * The files that `config.toml` names as entry points of the functions, which `supabase functions deploy` uploads.
 * @param {string} root
 * @returns {Record<string, string>} paths below the root, by function
 */
export function entrypointsOf(root) {
  const found = {};
  let name;
  for (
    const line of readFileSync(join(root, "supabase/config.toml"), "utf8")
      .split("\n")
  ) {
    const section = /^\[(.+)\]\s*$/.exec(line);
    if (section) name = (/^functions\.([\w-]+)$/.exec(section[1]) || [])[1];
    const entrypoint = /^entrypoint = "\.\/(.+)"\s*$/.exec(line);
    if (name && entrypoint) found[name] = `supabase/${entrypoint[1]}`;
  }
  return found;
}

/** Whether every function's build is current. */
export function isBuilt(root) {
  const header = headerFor(digestOf(root));
  return Object.values(entrypointsOf(root))
    .every((path) => beginningOf(join(root, path), header.length) === header);
}

/**
 * Removes outdated builds, so that none is deployed.
 * @returns {boolean} whether something was removed
 */
export function removeStale(root) {
  const folder = join(root, "supabase/functions", BUILT);
  if (!existsSync(folder) || isBuilt(root)) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

/** @returns {string | undefined} undefined if the file does not exist */
function beginningOf(path, length) {
  let file;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array(length);
    const read = readSync(file, bytes, 0, length, 0);
    return new TextDecoder().decode(bytes.subarray(0, read));
  } finally {
    closeSync(file);
  }
}
