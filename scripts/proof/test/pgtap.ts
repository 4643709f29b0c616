import { join, relative } from "node:path";
import postgres from "postgres";
import { Parser } from "tap-parser";

/** Files that run concurrently. */
const PARALLEL = 4;
/** Files that change shared rows; they run alone after the others. */
const ALONE = ".alone.test.sql";
/** Time-out of a statement, in milliseconds. */
const STATEMENT_TIMEOUT = 60_000;

/** The result of one test file. */
export interface PgTapResult {
  /** The path below the tests' directory. */
  file: string;
  passed: number;
  /** Failed assertions; at least 1 if the file fails in another way. */
  failed: number;
  /** One text for each failure, with pgTAP's diagnostics. */
  failures: string[];
}

/**
 * Runs every `*.test.sql` below a directory concurrently, each on its own connection, and reads the TAP lines of its
 * results. Creates the extension pgtap if it is missing. A file that ends with an SQL error, misses its plan or has no
 * assertions fails.
 * @param databaseUrl of the role that the tests run as
 * @param patterns of which the path below the directory must have one; empty: all
 */
export async function runPgTap(
  databaseUrl: string,
  dir: string,
  patterns: string[] = [],
): Promise<PgTapResult[]> {
  const files = (await testFiles(dir)).sort().filter((path) =>
    patterns.length === 0 ||
    patterns.some((pattern) => relative(dir, path).includes(pattern))
  );
  await createExtension(databaseUrl);

  const results: PgTapResult[] = [];
  const entries = [...files.entries()];
  async function work(
    waiting: Iterator<[number, string], undefined>,
  ): Promise<void> {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const [index, path] = next.value;
      const outcome = await runFile(databaseUrl, path);
      results[index] = { file: relative(dir, path), ...outcome };
    }
  }
  const together = entries.filter(([, path]) => !path.endsWith(ALONE)).values();
  await Promise.all(Array.from({ length: PARALLEL }, () => work(together)));
  await work(entries.filter(([, path]) => path.endsWith(ALONE)).values());
  return results;
}

async function testFiles(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory) found.push(...await testFiles(path));
    else if (entry.name.endsWith(".test.sql")) found.push(path);
  }
  return found;
}

function connect(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    connection: {
      search_path: "public, extensions",
      statement_timeout: STATEMENT_TIMEOUT,
    },
  });
}

async function createExtension(databaseUrl: string): Promise<void> {
  const sql = connect(databaseUrl);
  try {
    await sql`create extension if not exists pgtap with schema extensions`;
  } finally {
    await sql.end();
  }
}

type Outcome = Omit<PgTapResult, "file">;

async function runFile(databaseUrl: string, path: string): Promise<Outcome> {
  const script = await Deno.readTextFile(path);
  const sql = connect(databaseUrl);
  try {
    const results = await sql.unsafe(script).simple();
    return readTap(tapLines(results));
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    return { passed: 0, failed: 1, failures: [describe(error, script)] };
  } finally {
    await sql.end();
  }
}

/** Every function of pgTAP returns text: lines of TAP, in the order of the statements. */
function tapLines(results: postgres.RowList<postgres.Row[]>): string {
  const statements: postgres.Row[][] = Array.isArray(results[0]) ? results as unknown as postgres.Row[][] : [results];
  const values = statements.flat().flatMap((row) => Object.values(row));
  const lines = values.filter((value) => typeof value === "string");
  return lines.map((line) => `${line}\n`).join("");
}

/** Counts the results in a TAP document, and checks them against its plan. */
export function readTap(document: string): Outcome {
  const failures: string[] = [];
  let count = 0;
  let about: number | undefined;
  const parser = new Parser();
  parser.on("assert", ({ ok, id, name, todo, skip }) => {
    count++;
    about = undefined;
    if (!ok && !todo && !skip) {
      about = failures.push(`not ok ${id} - ${name}`) - 1;
    }
  });
  parser.on("comment", (comment) => {
    if (about !== undefined) failures[about] += `\n${comment.trimEnd()}`;
  });
  parser.on("bailout", (reason) => failures.push(`bailed out: ${reason}`));
  parser.end(document);

  const { results } = parser;
  const passed = results?.pass ?? 0;
  const planned = results?.plan.end ?? null;
  if (count === 0) {
    failures.push("it has no assertions");
  } else if (planned === null) {
    failures.push("it has no plan: neither plan() nor finish() was called");
  } else if (planned !== count) {
    failures.push(`it planned ${planned} assertions and ran ${count}`);
  } else if (!results?.ok && failures.length === 0) {
    failures.push("it is not valid TAP");
  }
  return { passed, failed: failures.length, failures };
}

function describe(error: postgres.PostgresError, script: string): string {
  const line = error.position ? script.slice(0, Number(error.position)).split("\n").length : undefined;
  return [
    `${line ? `line ${line}: ` : ""}${error.message} (${error.code})`,
    error.detail,
    error.where,
  ].filter(Boolean).join("\n");
}
