import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Screen } from "../../../scripts/dev/terminal/screen.ts";
import { operate } from "../../../scripts/ops/pipeline/operate.ts";
import { storeSecrets } from "../../../scripts/platform/stack/vault.ts";
import { call, createUser, eventually, llamaparse, newPdf, openai, setFunctionEnv, stack } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
const root = fileURLToPath(new URL("../../../", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/guide.pdf`, await newPdf());
  await Deno.writeTextFile(
    `${folder}/broken.pdf`,
    `no PDF at all ${crypto.randomUUID()}`,
  );
});
afterAll(async () => {
  await Promise.all([llamaparse.reset(), openai.reset()]);
  await sql`update pipeline_internal.stages set paused_at = null, paused_because = null`;
  await Deno.remove(folder, { recursive: true });
});

interface Ran {
  code: number;
  /** The answers that are JSON. */
  // deno-lint-ignore no-explicit-any
  answers: any[];
  text: string;
  failure: string;
}

async function run(...args: string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await operate(["--url", stack.url, ...args], {
    write: (line) => out.push(line),
    writeError: (line) => err.push(line),
    screen: new Screen((line) => out.push(line)),
    faults: new Screen((line) => err.push(line)),
    directory: folder,
  });
  return {
    code,
    answers: args.includes("--json") ? out.map((line) => JSON.parse(line)) : [],
    text: out.join("\n"),
    failure: err.join("\n"),
  };
}

/** The command's only answer, in JSON. */
async function ask(...args: string[]) {
  const { code, answers, failure } = await run(...args, "--json");
  expect({ code, failure, count: answers.length })
    .toEqual({ code: 0, failure: "", count: 1 });
  return answers[0];
}

let guide: string;
let broken: string;

describe("documents", () => {
  it("are uploaded and watched, and a failed one fails the command", async () => {
    const { code, answers, failure } = await run(
      "upload",
      "guide.pdf",
      "broken.pdf",
      "--watch",
      "--json",
    );
    expect(code).toBe(1);
    expect(answers).toMatchObject([
      { file: "guide.pdf", ok: true, duplicate: false, status: "complete" },
      { file: "broken.pdf", ok: false, error: { code: "NOT_A_PDF" } },
    ]);
    expect(JSON.parse(failure).error.code).toBe("uploads_failed");
    [guide, broken] = answers.map(({ document_id }) => document_id);

    const again = await run("upload", "guide.pdf");
    expect(again).toMatchObject({ code: 0, failure: "" });
    expect(again.text).toContain(`guide.pdf: already exists as ${guide}`);
  });

  it("are listed, shown and searched", async () => {
    const { documents } = await ask("list", "--name", "guide");
    expect(documents).toMatchObject([{ document_id: guide, state: "done" }]);
    const { text } = await run("list");
    expect(text).toMatch(new RegExp(`${broken}  broken.pdf  failed_parse`));
    expect(await ask("status", guide)).toMatchObject({ status: "complete" });
    const { results } = await ask("search", "tools returned late", "-k", "1");
    expect(results).toMatchObject([{ document_id: guide }]);
    expect((await run("search", "tools", "returned", "late")).text)
      .toMatch(/1 {2}guide\.pdf, page \d/);
    const options = "--mode text --explain --expand 1 --max-per-document 1";
    const explained = await run("search", "librery", ...options.split(" "));
    expect(explained.text).toContain(
      "Searched for library instead of librery.",
    );
    expect(explained.text).toMatch(/Words [\d.]+ \(number 1, weight 0\.5\)/);
    expect(await ask("search", "-k", "1", "xylophone", "--min-score", "0.9"))
      .toMatchObject({ results: [], next_cursor: null });
    expect(await run("status", crypto.randomUUID(), "--json")).toMatchObject({
      code: 1,
      failure: expect.stringContaining("document_not_found"),
    });
  });

  it("are those of the signed-in user", async () => {
    const user = await createUser();
    const credentials = ["--email", user.email, "--password"];
    expect(await ask("list", ...credentials, "correct horse 7 battery"))
      .toEqual({ documents: [], more: false });
    expect(await ask("list", "--access-token", user.token))
      .toEqual({ documents: [], more: false });
    const refused = await run("list", ...credentials, "wrong");
    expect(refused).toMatchObject({ code: 1, text: "" });
    expect(refused.failure).toContain("could not sign in");
  });
});

/** The complete lines of the log. */
async function logLines(): Promise<string[]> {
  return (await readFile(stack.functionsLog, "utf8")).split("\n").slice(0, -1);
}

const logLine = z.looseObject({
  time: z.iso.datetime(),
  level: z.enum(["debug", "info", "warn", "error"]),
  service: z.enum(["api", "webhook", "worker", "isolation"]),
  message: z.string(),
  request_id: z.string().nullish(),
  run_id: z.uuid().optional(),
  stage: z.enum(["parse", "fetch_result", "chunk", "embed"]).optional(),
  job_id: z.uuid().nullish(),
  document_id: z.uuid().nullish(),
  user_id: z.uuid().optional(),
  attempt: z.int().optional(),
  duration_ms: z.int().optional(),
  code: z.string().optional(),
});

describe("a document's history", () => {
  it("is complete and chronological, and found by every related id", async () => {
    const history = await ask("history", guide);
    const { moments } = history;
    const kinds = new Set(moments.map(({ kind }: { kind: string }) => kind));
    expect([...kinds].sort()).toEqual([
      "attempt",
      "callback",
      "run",
      "status",
      "submission",
    ]);
    const times = moments.map(({ at }: { at: string }) => at);
    expect(times).toEqual(times.toSorted());
    expect(moments[0]).toMatchObject({ what: "awaiting_upload" });
    const [{ request_id }] = moments;
    const reference = moments.find((one: { what: string }) => one.what === "embedding_in_progress");
    for (const id of [history.job_id, request_id, reference.id]) {
      expect((await ask("history", id)).document_id).toBe(guide);
    }
    expect((await run("history", guide)).text).toContain("LlamaParse's job");
    expect((await run("history", "unknown")).code).toBe(1);
  });

  it("has one request id in events, callback and the logs of all functions", async () => {
    const { moments, job_id } = await ask("history", guide);
    const ids = new Set(
      moments.filter(({ kind }: { kind: string }) => kind !== "run")
        .map((one: { request_id: string }) => one.request_id),
    );
    expect(ids.size).toBe(1);
    const [requestId] = ids;

    const writers = [
      "api",
      "webhook",
      "parse",
      "fetch_result",
      "chunk",
      "embed",
    ];
    const seen = await eventually(async () => {
      const ours = (await logLines()).map((line) => JSON.parse(line))
        .filter((line) => line.request_id === requestId);
      const found = new Set(ours.map(({ service, stage }) => stage ?? service));
      return writers.every((writer) => found.has(writer)) && ours;
    }, `a line of each of ${writers}`);
    for (const line of seen) {
      logLine.parse(line);
      expect(writers).toContain(line.stage ?? line.service);
    }
    const attempts = seen.filter(({ attempt }) => attempt);
    for (const line of attempts) {
      expect(line).toMatchObject({
        job_id,
        document_id: guide,
        duration_ms: expect.any(Number),
      });
    }
    // The history has each attempt's run.
    const runs = new Set(moments.map((one: { run_id: string }) => one.run_id));
    for (const { run_id } of attempts) expect(runs).toContain(run_id);
  });

  it("uses one format for the log lines of all functions", async () => {
    for (const line of await logLines()) logLine.parse(JSON.parse(line));
    await call("/api/documents", { headers: { "x-request-id": "who-asks" } });
    const refused = await eventually(
      async () => (await logLines()).find((line) => line.includes('"who-asks"')),
      "the request's line",
    );
    expect(JSON.parse(refused)).toMatchObject({
      message: "request",
      status: 401,
      code: "unauthorized",
      duration_ms: expect.any(Number),
    });
  });
});

describe("operators", () => {
  it("see why a document is unfinished", async () => {
    expect(await ask("why", broken)).toMatchObject({ reason: "given_up", mended_by: "owner" });
    expect((await run("why", guide)).text).toContain("is finished");
    expect((await run("why", broken)).text.replaceAll(/\s+/g, " ")).toMatch(
      /broken\.pdf is not finished: .* Its owner can mend it: upload a PDF, or announce the file's own type\.$/,
    );
  });

  it("see in the list what they can do, and only on request what owners alone can mend", async () => {
    const ids = (documents: { document_id: string }[]) => documents.map(({ document_id }) => document_id);
    const every = await ask("why", "--all", "--limit", "10000");
    expect(ids(every.documents)).toContain(broken);
    expect(every.documents).toHaveLength(every.total);
    const own = await ask("why", "--limit", "10000");
    expect(ids(own.documents)).not.toContain(broken);
    expect(own.owners_total).toBeGreaterThan(0);
    expect(own.total + own.owners_total).toBe(every.total);
    expect((await run("why")).text).toMatch(/\d+ more can only be mended by their owners/);
    expect((await run("why", "--all", "--limit", "10000")).text).toContain("broken.pdf is not finished: ");
  });

  it("redrive failed jobs one by one or by error code", async () => {
    const refused = await run("retry", guide, "--json");
    expect(refused.answers).toMatchObject([{ outcome: "not_retryable" }]);
    expect(refused.code).toBe(1);

    const chosen = ["redrive", "--code", "NOT_A_PDF", "--from", "1h"];
    const { user_id } = await ask("why", broken);
    const dry = await ask(...chosen, "--user", user_id, "--dry-run");
    expect(dry).toMatchObject({ job_count: 1, redriven_count: 0 });
    expect(await ask("why", broken)).toMatchObject({ reason: "given_up" });
    const done = await ask(...chosen, "--user", user_id);
    expect(done).toMatchObject({ job_count: 1, redriven_count: 1 });

    const failures = () =>
      sql<{ count: number }[]>`
        select count(*)::int from upload_pipeline.events where document_id = ${broken} and type = 'failure'`;
    await eventually(
      async () => (await failures())[0].count === 2,
      "its second failure",
    );
    expect(await ask("retry", broken)).toMatchObject({ outcome: "retried" });
    await eventually(
      async () => (await failures())[0].count === 3,
      "its third failure",
    );
  });

  it("pause a stage, see that it is paused, and resume it", async () => {
    expect(await ask("pause", "embed", "--reason", "a move"))
      .toEqual({ stage: "embed", paused: true, reason: "a move" });
    const { stages, providers } = await ask("watch", "--count", "1");
    expect(stages.map(({ stage }: { stage: string }) => stage))
      .toEqual(["parse", "fetch_result", "chunk", "embed"]);
    expect(stages[3]).toMatchObject({ paused_because: "a move" });
    expect(providers).toHaveLength(2);
    expect((await run("watch", "--count", "1")).text).toContain(
      "paused: a move",
    );
    expect((await run("resume", "embed")).code).toBe(0);
    expect(await run("resume", "embed")).toMatchObject({
      code: 1,
      failure: expect.stringContaining("embed is not paused"),
    });
  });

  it("see and set limits and a user's budget", async () => {
    const before = await ask("limits");
    const changed = await ask("limits", "--set", "max_pages=123");
    expect(changed).toEqual({ ...before, max_pages: 123 });
    for (
      const change of ["max_pages=many", "max_pages=0", "max_pages=none", "x=1"]
    ) {
      const both = ["max_pages=7", change];
      expect(await run("limits", "--set", ...both)).toMatchObject({ code: 2 });
    }
    expect((await ask("limits")).max_pages).toBe(123);
    await ask("limits", "--set", `max_pages=${before.max_pages}`);
    const types = await ask("limits", "--set", "file_types=pdf,md");
    expect(types.allowed_mime_types).toEqual([
      "application/pdf",
      "text/markdown",
    ]);
    await ask("limits", "--set", "file_types=pdf");

    const languages = async (value: string) => (await ask("limits", "--set", `ocr_languages=${value}`)).ocr_languages;
    expect(await languages("de,en")).toEqual(["de", "en"]);
    expect(await languages("none")).toEqual([]);
    expect(await run("limits", "--set", "ocr_languages=German"))
      .toMatchObject({ code: 2 });

    const who = "operator@example.com";
    const budget = async (value: string) =>
      (await ask("limits", who, "--set", `monthly_budget_cents=${value}`))
        .monthly_budget_cents;
    expect(await budget("5000")).toBe(5000);
    expect(await budget("default")).toBe(75_000);
    expect(await run("limits", who, "--set", "max_pages=1")).toMatchObject({
      code: 2,
    });
    expect(await ask("limits", who)).toMatchObject({
      email: who,
      documents: 2,
    });
    expect((await run("limits", "unknown@example.com")).code).toBe(1);
  });

  it("give a role in the console, list it, and withdraw it", async () => {
    const user = await createUser();
    const roleOf = async () =>
      (await ask("role")).roles.find(({ user_id }: { user_id: string }) => user_id === user.id)?.role;
    expect(await ask("role", user.email.toUpperCase(), "viewer")).toMatchObject({ role: "viewer", before: "none" });
    expect(await roleOf()).toBe("viewer");
    expect(await ask("role", user.id, "operator")).toMatchObject({ email: user.email, before: "viewer" });
    expect((await run("role")).text).toMatch(new RegExp(`${user.email} +operator +yes`));
    expect((await run("role", user.email, "none")).text).toContain("has no role any more");
    expect(await roleOf()).toBeUndefined();
    expect((await run("role", user.email)).code).toBe(2);
    expect((await run("role", "unknown@example.com", "viewer")).code).toBe(1);
    const changes = await sql`
      select details ->> 'to' as to from pipeline_internal.audit_log
      where action = 'role_changed' and user_id = ${user.id} order by audit_no`;
    expect(changes.map(({ to }) => to)).toEqual(["viewer", "operator", "none"]);
  });

  it("see charges", async () => {
    const { days, month } = await ask(
      "cost",
      "--user",
      "operator@example.com",
      "--days",
      "2",
    );
    const purposes = days.map(({ purpose }: { purpose: string }) => purpose);
    expect(new Set(purposes)).toEqual(new Set(["parse", "embed", "search"]));
    expect(month.spent_cents).toBeGreaterThan(0);
    expect((await run("cost", "--by-user")).text).toContain(
      "operator@example.com",
    );
    const everybody = (await ask("cost")).month;
    expect(everybody.spent_cents).toBeGreaterThanOrEqual(month.spent_cents);
    expect((await run("cost")).text).toMatch(/This month +\$0\.\d*[1-9]/);
  });

  it("compare LlamaParse's jobs with the submissions", async () => {
    const since = new Date().toISOString();
    expect((await ask("reconcile", "--from", since)).differences).toEqual([]);

    const lost = `lost-${crypto.randomUUID()}`;
    const [{ job_id }] = await sql`
      select job_id from upload_pipeline.upload_jobs where document_id = ${guide}`;
    await sql`
      insert into pipeline_internal.submissions (job_id, provider_job_id, submitted_at, finished_at, outcome)
      values (${job_id}, ${lost}, clock_timestamp(), clock_timestamp(), 'collected')`;
    try {
      const { code, answers } = await run(
        "reconcile",
        "--from",
        since,
        "--json",
      );
      expect(code).toBe(1);
      expect(answers[0].differences).toMatchObject([
        { kind: "only_here", provider_job_id: lost, document_id: guide },
      ]);
      expect((await run("reconcile", "--from", since)).text).toContain(lost);
    } finally {
      await sql`delete from pipeline_internal.submissions where provider_job_id = ${lost}`;
    }
  });
});

it("an interrupted command exits with 130 after complete lines", async () => {
  const child = new Deno.Command("node", {
    args: ["scripts/dev/run.mjs", "pipeline", "watch", "--url", stack.url],
    cwd: root,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const isFirst = !out.includes("given up");
    out += text;
    if (isFirst && out.includes("given up")) child.kill("SIGINT");
  }
  expect((await child.status).code).toBe(130);
  // deno-lint-ignore no-control-regex
  expect(out).not.toMatch(/\u001b/);
});

async function npm(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("node", {
    args: ["scripts/dev/run.mjs", ...args],
    cwd: root,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

it("pipeline doctor is the doctor with all its options", async () => {
  const { code, out } = await npm("pipeline", "doctor", "--help");
  expect([code, out]).toEqual([0, expect.stringContaining("--round-trips")]);
  expect(out).toContain("npm run doctor --");
  expect((await npm("pipeline", "doctor", "--frobnicate")).code).toBe(2);
  const { code: looked, out: findings } = await npm(
    "pipeline",
    "doctor",
    "--json",
    "--url",
    stack.url,
  );
  expect([looked, JSON.parse(findings)]).toEqual([
    0,
    expect.arrayContaining([
      expect.objectContaining({ requirement: "Postgres", status: "met" }),
    ]),
  ]);
});

it("both names of rotate-secret behave alike", async () => {
  for (const name of [["pipeline", "rotate-secret"], ["rotate-secret"]]) {
    const { code, out } = await npm(...name, "--help");
    expect([code, out])
      .toEqual([0, expect.stringContaining("WEBHOOK_SIGNING_SECRET")]);
    const refused = await npm(...name, "PASSWORD", "--json");
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(JSON.parse(refused.err).error).toEqual({
      code: "usage",
      message: "Unknown secret: PASSWORD.",
      remedy: "They are WORKER_SECRET, WEBHOOK_SIGNING_SECRET, METRICS_SECRET.",
    });
  }
});

it("rotating a secret reports in JSON", async () => {
  const secret = async () => {
    const [row] = await sql`
      select decrypted_secret as value from vault.decrypted_secrets where name = 'pipeline_worker_secret'`;
    return row.value;
  };
  const before = await secret();
  try {
    const { code, answers, failure } = await run(
      "rotate-secret",
      "WORKER_SECRET",
      "--overlap",
      "0",
      "--json",
    );
    expect({ code, failure }).toEqual({ code: 0, failure: "" });
    expect(answers).toEqual([{ secret: "WORKER_SECRET", rotated: true }]);
    expect(await secret()).not.toBe(before);
  } finally {
    // Other tests use the stack's own secret.
    await setFunctionEnv("WORKER_SECRET", before);
    await storeSecrets(stack.databaseUrl, { pipeline_worker_secret: before });
  }
});
