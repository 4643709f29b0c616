import { relative } from "node:path";
import type { Tally } from "./checks.ts";
import { testEnvironment } from "../../platform/test_stack/test_environment.ts";
import type { TestStack } from "../../platform/test_stack/test_stack.ts";

/** The used parts of vitest's JSON report. https://vitest.dev/guide/reporters.html#json-reporter */
interface Report {
  numPassedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: {
      status: string;
      fullName: string;
      /** For a passed test: the failures of its earlier tries. */
      failureMessages: string[];
    }[];
  }[];
}

/** A project in vitest.config.ts. */
export type Project = "unit" | "platform" | "e2e" | "examples" | "console";

/**
 * Runs vitest under Deno, on the files of one project of vitest.config.ts.
 * @param stacks for the end-to-end tests, one for each process; they read them from the environment
 */
export async function runVitest(
  project: Project,
  { patterns, stacks, variables, signal }: {
    patterns: string[];
    stacks?: TestStack[];
    /** Further ones that the tests read from the environment. */
    variables?: Record<string, string>;
    /** Stops the run. */
    signal?: AbortSignal;
  },
): Promise<Tally> {
  refuseFolder();
  const report = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "node_modules/vitest/vitest.mjs",
        "run",
        "--project",
        project,
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...patterns,
      ],
      clearEnv: true,
      env: {
        ...testEnvironment(),
        ...stacks ? { TEST_STACKS: JSON.stringify(stacks) } : {},
        ...variables,
      },
      signal,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const text = await Deno.readTextFile(report);
    const results: Report | undefined = text ? JSON.parse(text) : undefined;
    if (!results || results.testResults.length === 0) {
      const failure = describeNone(project, patterns);
      console.error(failure);
      return { passed: 0, skipped: 0, failures: [failure] };
    }
    const failures = results.testResults.flatMap((file) => {
      const tests = file.assertionResults.filter(({ status }) => status === "failed");
      const path = relative(Deno.cwd(), file.name);
      if (tests.length === 0 && file.status === "failed") {
        return [`${path}: ${file.message}`];
      }
      return tests.map(({ fullName }) => `${path}: ${fullName}`);
    });
    const unsteady = results.testResults.flatMap((file) =>
      file.assertionResults
        .filter(({ status, failureMessages }) => status === "passed" && failureMessages.length > 0)
        .map(({ fullName, failureMessages }) =>
          `${relative(Deno.cwd(), file.name)}: ${fullName}: ${failureMessages[0].split("\n")[0]}`
        )
    );
    // An error outside a test fails the run without a failed test.
    if (failures.length === 0 && !success) {
      failures.push(`${project}: an error outside its tests`);
    }
    return {
      passed: results.numPassedTests,
      skipped: results.numPendingTests,
      failures,
      unsteady,
    };
  } finally {
    await Deno.remove(report);
  }
}

/** Reruns the matching files after each change of them or their imports, until it is interrupted. */
export async function watchVitest(
  project: Project,
  patterns: string[],
): Promise<void> {
  refuseFolder();
  await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "node_modules/vitest/vitest.mjs", "watch"],
      ...["--project", project, ...patterns],
    ],
    clearEnv: true,
    env: testEnvironment(),
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
}

function refuseFolder(): void {
  if (!/[#?]/.test(Deno.cwd())) return;
  throw new Error(
    `vitest finds no test in a folder whose name has # or ?: ${Deno.cwd()}. Move the repository.`,
  );
}

function describeNone(project: Project, patterns: string[]): string {
  const where = patterns.length > 0 ? ` with ${patterns.join(" or ")} in its path` : "";
  const others = { unit: "platform", platform: "unit", e2e: undefined, examples: undefined, console: undefined };
  const other = others[project];
  return `there is no ${project} test${where}${other ? `; try: npm test -- ${[other, ...patterns].join(" ")}` : ""}`;
}
