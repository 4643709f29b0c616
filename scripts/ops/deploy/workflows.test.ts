import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { SECRET_NAMES } from "../project/environments.ts";

const ROOT = new URL("../../../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
const { scripts } = JSON.parse(
  Deno.readTextFileSync(new URL("package.json", ROOT)),
);

/** The used parts of GitHub's syntax (https://docs.github.com/en/actions/writing-workflows); unknown keys are errors. */
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    push: z.strictObject({
      branches: z.array(z.string()).optional(),
      tags: z.array(z.string()).optional(),
    }).optional(),
    pull_request: z.null().optional(),
    workflow_call: z.null().optional(),
  }),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.unknown().optional(),
  jobs: z.record(
    z.string(),
    z.union([
      z.strictObject({ uses: z.string() }),
      z.strictObject({
        needs: z.string().optional(),
        "runs-on": z.string(),
        container: z.string().optional(),
        "timeout-minutes": z.number(),
        environment: z.string().optional(),
        strategy: z.strictObject({ matrix: z.record(z.string(), z.array(z.string())) }).optional(),
        concurrency: z.unknown().optional(),
        env: z.record(z.string(), z.string()).optional(),
        steps: z.array(z.strictObject({
          name: z.string().optional(),
          if: z.string().optional(),
          uses: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
          run: z.string().optional(),
          env: z.record(z.string(), z.string()).optional(),
        })),
      }),
    ]),
  ),
});

/** As parsed, and as text. */
function read(name: string) {
  const text = Deno.readTextFileSync(new URL(name, FOLDER));
  const { permissions, jobs } = workflow.parse(parse(text));
  return {
    text,
    permissions,
    jobs,
    steps: Object.values(jobs).flatMap((job) => "steps" in job ? job.steps : []),
  };
}

const holdsSecret = (value: unknown) => /\bsecrets\b/.test(JSON.stringify(value) ?? "");

describe.each(names)("%s", (name) => {
  const { text, permissions, jobs, steps } = read(name);

  test("pins every image to a digest, next to its name", () => {
    for (const job of Object.values(jobs)) {
      if (!("container" in job) || !job.container) continue;
      expect(job.container).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
    }
  });

  test("waits only for workflows of this project", () => {
    for (const job of Object.values(jobs)) {
      if (!("uses" in job)) continue;
      const [, called] = /^\.\/\.github\/workflows\/(.+)$/.exec(job.uses) ?? [];
      expect(names).toContain(called);
    }
  });

  test("shows secrets only to the steps that use them, and to no step that installs", () => {
    for (const job of Object.values(jobs)) {
      if (!("steps" in job)) continue;
      const { steps, ...rest } = job;
      expect(holdsSecret(rest)).toBe(false);
      const first = steps.findIndex(holdsSecret);
      if (first < 0) continue;
      const installs = ({ run = "" }: { run?: string }) => /\bnpm (ci|i|install)\b/.test(run);
      const before = steps.slice(0, first).filter(installs);
      expect(before.length).toBeGreaterThan(0);
      for (const { run } of before) {
        expect(run).toMatch(/--omit=dev\b/);
        expect(run).toMatch(/--ignore-scripts\b/);
      }
      expect(steps.slice(first).filter(installs)).toEqual([]);
    }
  });

  test("pins every action to a commit, with its version in a comment", () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) {
      expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40}$/);
      expect(text).toMatch(new RegExp(`${action} # v\\d+\\.\\d+\\.\\d+$`, "m"));
    }
  });

  test("uses one version for each commit", () => {
    const pins = names.flatMap((each) => [
      ...read(each).text.matchAll(/uses: (\S+@\w+) # (\S+)/g),
    ]).map((
      [, action, version],
    ) => [action.split("@")[0], `${action} ${version}`]);
    for (const [action, pin] of pins) {
      const others = pins.filter(([each]) => each === action);
      expect(new Set(others.map(([, each]) => each))).toEqual(new Set([pin]));
    }
  });

  test("runs existing npm scripts only", () => {
    const used = steps.flatMap(({ run }) =>
      [...(run ?? "").matchAll(/npm (?:run )?(\w[\w:]*)/g)]
        .map(([, script]) => script)
        // npm's own commands.
        .filter((script) => script !== "ci")
    );
    const runsAllChecks = steps.some(({ run }) => run === "bash .ci/run");
    expect(used.length > 0 || runsAllChecks).toBe(true);
    for (const script of used) expect(Object.keys(scripts)).toContain(script);
  });

  test("may read the code only", () => {
    expect(permissions).toEqual({ contents: "read" });
  });
});

test("passes exactly the secrets that a deployment can set", () => {
  const wanted = [
    ...SECRET_NAMES,
    "SUPABASE_ACCESS_TOKEN",
    "SUPABASE_DB_PASSWORD",
  ];
  const given = read("deploy.yml").steps.map(({ env }) => env ?? {});
  expect(Object.assign({}, ...given)).toEqual(
    Object.fromEntries(wanted.map((name) => [name, `\${{ secrets.${name} }}`])),
  );
});

test("deploys only after every check has passed", () => {
  const { test, deploy } = read("deploy.yml").jobs;
  expect(test).toEqual({ uses: "./.github/workflows/test.yml" });
  expect(deploy).toMatchObject({ needs: "test" });
  expect(read("test.yml").steps.at(-1)!.run).toBe("bash .ci/run");
});

/** Packages that are not installed with --omit=dev. */
const lock: Record<string, { dev?: boolean }> = JSON.parse(
  Deno.readTextFileSync(new URL("package-lock.json", ROOT)),
).packages;

test.each(["dev/build", "ops/deploy", "ops/rollback"])(
  "%s needs no development dependencies",
  async (name) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", `scripts/${name}/main.ts`],
      cwd: ROOT,
      stderr: "null",
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: { specifier: string }[];
    };
    const packages = new Set([
      "node_modules/deno",
      "node_modules/supabase",
      ...modules.flatMap(({ specifier }) => specifier.match(/node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []),
    ]);
    expect(packages.size).toBeGreaterThan(3);
    for (const each of packages) {
      expect([each, lock[each]?.dev ?? false]).toEqual([each, false]);
    }
  },
);

test("fetches tags for the rehearsal, which needs the previous release", () => {
  const [checkout] = read("rehearse.yml").steps;
  expect(checkout.with).toEqual({ "fetch-depth": 0 });
});
