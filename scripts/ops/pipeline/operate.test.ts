import { expect, it } from "vitest";
import { Screen } from "../../dev/terminal/screen.ts";
import { operate } from "./operate.ts";

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A command line as nobody's terminal would run it. */
async function run(...args: string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await operate(args, {
    write: (line) => out.push(line),
    writeError: (line) => err.push(line),
    screen: new Screen((line) => out.push(line)),
    faults: new Screen((line) => err.push(line)),
    directory: "/nowhere",
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Where nobody listens. */
const NOBODY = ["--url", "http://127.0.0.1:9"];

it("help names every command, with examples and the exit codes", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (
    const command
      of "upload status reparse list search watch history why retry redrive pause resume limits cost reconcile rotate-secret doctor deploy rollback rehearse drill"
        .split(" ")
  ) expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
  expect(out).toContain("Exit codes: 0 done; 1");
  expect(out).toContain("Examples:");
});

it("a command's help has its examples, and the options of all commands", async () => {
  const { code, out } = await run("redrive", "--help");
  expect(code).toBe(0);
  expect(out).toContain("--dry-run");
  expect(out).toContain("npm run pipeline -- redrive --code PARSE_TIMEOUT");
  expect(out).toContain("--database-url <url>");
});

it.each([
  [[], "Which command?"],
  [["serach", "x"], "Unknown command 'serach'"],
  [["list", "--frobnicate"], "Unknown option '--frobnicate'"],
  [["list", "--limit", "none"], "whole number from 1 to 100000"],
  [["list", "--state", "asleep"], "Allowed choices are queued"],
  [["reparse", "x", "--pages", "3-1"], "Write unread, or page numbers"],
  [["reparse", "x", "--pages", "0"], "Write unread, or page numbers"],
  [["reparse", "x", "--pages", "all"], "Write unread, or page numbers"],
  [["search", "x", "--min-score", "1.5"], "number from 0 to 1"],
  [["search", "x", "--min-score", "high"], "number from 0 to 1"],
  [["search", "x", "--expand", "3"], "whole number from 0 to 2"],
  [["search", "x", "--max-per-document", "0"], "whole number from 1 to 50"],
  [["search", "x", "--mode", "fuzzy"], "Allowed choices are hybrid"],
  [["history"], "Missing required argument 'id'"],
  [["pause", "embed"], "--reason <reason>"],
  [["pause", "sleep", "--reason", "tired"], "There is no stage sleep"],
  [["pause", "embed", "--reason", " "], "The reason is empty"],
  [["redrive"], "Nothing says what is to be started again"],
  [["redrive", "--from", "yesterday"], "ISO 8601"],
  [["limits", "--set", "max_pages"], "--set max_pages cannot be understood"],
  [
    ["cost", "--by-user", "--user", "a", "--database-url", "postgres://x"],
    "exclude each other",
  ],
  [["list", "--url", "127.0.0.1"], "It must begin"],
  [["why", "--database-url", "http://x"], "no address of a Postgres"],
  [["doctor", "--url", "https://x.supabase.co"], "Unknown environment"],
  [["rotate-secret", "PASSWORD"], "no secret PASSWORD"],
  [
    ["rotate-secret", "WORKER_SECRET", "--overlap", "long"],
    "number of seconds",
  ],
  [
    [...NOBODY, "rotate-secret", "WORKER_SECRET", "--project-ref", "x"],
    "where the database of http://127.0.0.1:9 is",
  ],
  [
    ["rotate-secret", "WORKER_SECRET", "--database-url", "postgres://x"],
    "Nobody says whose functions",
  ],
  [["upload", "notes.xyz"], "of no type that the pipeline reads"],
  [["upload", "missing.pdf"], "There is no file /nowhere/missing.pdf"],
  [[...NOBODY, "status", "x"], "with which key http://127.0.0.1:9 is called"],
  [[...NOBODY, "--key", "k", "list"], "Nobody says who asks"],
  [[...NOBODY, "why"], "where the database of http://127.0.0.1:9 is"],
  [[...NOBODY, "reconcile"], "with which key LlamaParse is asked"],
  [["--database-url", "postgres://127.0.0.1:9/x", "list"], "No stack answers"],
])("%j is refused in words, with exit code 2", async (args, message) => {
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(message);
  // What is wrong, its code, and what to do.
  expect(err).toContain("usage");
  expect(err.split("\n").length).toBeGreaterThan(2);
});

it("a failure is told in JSON where JSON was asked for", async () => {
  const { code, out, err } = await run("redrive", "--json");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(JSON.parse(err)).toEqual({
    error: {
      code: "usage",
      message: "Nothing says what is to be started again.",
      remedy: "Choose with --code, --user, --from or --until, or say --all.",
    },
  });
});

it("a database that does not answer is a failure that says so", async () => {
  const { code, err } = await run(
    "why",
    "--json",
    "--database-url",
    "postgres://postgres@127.0.0.1:9/postgres",
  );
  expect(code).toBe(1);
  expect(JSON.parse(err).error).toMatchObject({
    code: "database_unreachable",
    remedy: "Check --database-url, and that the database runs.",
  });
});

it("an API that does not answer is a failure that says so", async () => {
  const { code, err } = await run(
    ...NOBODY,
    "list",
    "--key",
    "k",
    "--access-token",
    "t",
  );
  expect(code).toBe(1);
  expect(err).toContain("The API cannot be reached.");
  expect(err).toContain("Check --url");
});
