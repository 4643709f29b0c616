import { Interruption } from "../../../dev/terminal/interruption.ts";
import { withTestStack } from "../../../platform/test_stack/test_stack.ts";
import type { Tally } from "../checks.ts";
import { runVitest } from "../vitest.ts";
import type { Chromium } from "../browser/chromium.ts";
import { withChromium } from "../browser/with_chromium.ts";
import { NAMES, startExample } from "./example_app.ts";
import { packClient } from "./packed_client.ts";

/**
 * Installs, checks, builds and serves the examples as their README.md says, against a new stack, and drives them in
 * Chromium. Patterns choose test files; the names of examples, these examples.
 */
export async function checkExamples(patterns: string[]): Promise<Tally> {
  using interruption = new Interruption(() => console.log("Stopping."));
  return await withChromium((chromium) => drive(chromium, patterns, interruption.signal));
}

async function drive(chromium: Chromium, patterns: string[], signal: AbortSignal): Promise<Tally> {
  const named = NAMES.filter((name) => patterns.includes(name));
  const files = patterns.filter((pattern) => !named.includes(pattern));

  await using parts = new AsyncDisposableStack();
  const top = await Deno.makeTempDir({ prefix: "examples-" });
  parts.defer(() => Deno.remove(top, { recursive: true }));
  await packClient(top, signal);
  return await withTestStack(async (stack) => {
    const started = await Promise.allSettled(
      (named.length > 0 ? named : NAMES).map((name) => startExample({ name, top, stack, parts, signal })),
    );
    const apps = started.filter((each) => each.status === "fulfilled").map(({ value }) => value);
    const failures = started.filter((each) => each.status === "rejected").map(({ reason }) => String(reason));
    for (const failure of failures) console.error(failure);
    if (apps.length === 0) return { passed: 0, skipped: 0, failures };
    const tally = await runVitest("examples", {
      patterns: files,
      stacks: [stack],
      variables: { EXAMPLES: JSON.stringify(apps), CHROMIUM: JSON.stringify(chromium) },
      signal,
    });
    return { ...tally, passed: tally.passed + apps.length, failures: [...failures, ...tally.failures] };
  });
}
