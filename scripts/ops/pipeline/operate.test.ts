import { expect, it } from "vitest";
import { Screen } from "../../dev/terminal/screen.ts";
import { operate } from "./operate.ts";

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A command line without a terminal. */
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

/** An address without a server. */
const UNREACHABLE = ["--url", "http://127.0.0.1:9"];

it("help names every command, with examples and the exit codes", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (
    const command
      of "upload status reparse list search watch history why retry redrive pause resume limits cost role reconcile rotate-secret doctor deploy rollback rehearse drill"
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
  [["role", "ada@example.com", "admin"], "Allowed choices are viewer"],
  [["reparse", "x", "--pages", "3-1"], "Use unread, or page numbers"],
  [["reparse", "x", "--pages", "0"], "Use unread, or page numbers"],
  [["reparse", "x", "--pages", "all"], "Use unread, or page numbers"],
  [["search", "x", "--min-score", "1.5"], "number from 0 to 1"],
  [["search", "x", "--min-score", "high"], "number from 0 to 1"],
  [["search", "x", "--expand", "3"], "whole number from 0 to 2"],
  [["search", "x", "--max-per-document", "0"], "whole number from 1 to 50"],
  [["search", "x", "--mode", "fuzzy"], "Allowed choices are hybrid"],
  [["history"], "Missing required argument 'id'"],
  [["pause", "embed"], "--reason <reason>"],
  [["pause", "sleep", "--reason", "tired"], "Unknown stage: sleep"],
  [["pause", "embed", "--reason", " "], "The reason is empty"],
  [["redrive"], "No filter is given"],
  [["redrive", "--from", "yesterday"], "ISO 8601"],
  [["limits", "--set", "max_pages"], "--set max_pages is invalid"],
  [
    ["cost", "--by-user", "--user", "a", "--database-url", "postgres://x"],
    "cannot be combined",
  ],
  [["list", "--url", "127.0.0.1"], "must begin"],
  [["why", "--database-url", "http://x"], "not a Postgres URL"],
  [["doctor", "--url", "https://x.supabase.co"], "Unknown environment"],
  [["rotate-secret", "PASSWORD"], "Unknown secret: PASSWORD"],
  [
    ["rotate-secret", "WORKER_SECRET", "--overlap", "long"],
    "number of seconds",
  ],
  [
    [...UNREACHABLE, "rotate-secret", "WORKER_SECRET", "--project-ref", "x"],
    "Unknown database of http://127.0.0.1:9",
  ],
  [
    ["rotate-secret", "WORKER_SECRET", "--database-url", "postgres://x"],
    "Unknown project of the functions",
  ],
  [["upload", "notes.xyz"], "unsupported type"],
  [["upload", "missing.pdf"], "File not found: /nowhere/missing.pdf"],
  [
    [...UNREACHABLE, "status", "x"],
    "publishable key of http://127.0.0.1:9 is missing",
  ],
  [[...UNREACHABLE, "--key", "k", "list"], "No user is given"],
  [[...UNREACHABLE, "why"], "Unknown database of http://127.0.0.1:9"],
  [[...UNREACHABLE, "reconcile"], "LlamaParse's key is missing"],
  [["--database-url", "postgres://127.0.0.1:9/x", "list"], "No stack runs"],
])("%j is refused with a message and exit code 2", async (args, message) => {
  const { code, out, err } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(message);
  // The error, its code, and the remedy.
  expect(err).toContain("usage");
  expect(err.split("\n").length).toBeGreaterThan(2);
});

it("a failure is printed as JSON when --json is given", async () => {
  const { code, out, err } = await run("redrive", "--json");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(JSON.parse(err)).toEqual({
    error: {
      code: "usage",
      message: "No filter is given.",
      remedy: "Choose with --code, --user, --from or --until, or say --all.",
    },
  });
});

it("reports that the database is unreachable", async () => {
  const { code, err } = await run(
    "why",
    "--json",
    "--database-url",
    "postgres://postgres@127.0.0.1:9/postgres",
  );
  expect(code).toBe(1);
  expect(JSON.parse(err).error).toMatchObject({
    code: "database_unreachable",
    remedy: "Check --database-url and that the database runs.",
  });
});

it("reports that the API is unreachable", async () => {
  const { code, err } = await run(
    ...UNREACHABLE,
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
