import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";

/**
 * Takes the lock of that path for this process, or says at once that another has it. Of a holder that was killed it is
 * taken over. The file holds its holder's process number, from the moment that it is there: it is written aside and
 * linked into place, so nobody finds it empty and thinks it abandoned.
 */
export function takeLock(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    return isLinked(own, path) || isTakenOver(own, path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Only for its holder. */
export function releaseLock(path) {
  rmSync(path, { force: true });
}

function isLinked(own, path) {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** One at a time, under a lock for that: who judged late would else remove the lock of who has just taken over. */
function isTakenOver(own, path) {
  if (!isAbandoned(path) || !takeLock(`${path}.takeover`)) return false;
  try {
    if (!isAbandoned(path)) return false;
    renameSync(own, path);
    return true;
  } finally {
    releaseLock(`${path}.takeover`);
  }
}

function isAbandoned(path) {
  const holder = holderOf(path);
  return holder !== undefined && !isAlive(holder);
}

/** Undefined if it was released meanwhile. */
function holderOf(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
