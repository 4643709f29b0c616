import { afterEach, expect, it, vi } from "vitest";
import { sourcesBelow } from "../imports/imports.ts";
import { isTest } from "../imports/imports.ts";
import { REPOSITORY } from "../repository.ts";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { print, printError, printTrace } from "./print.ts";
import { runCommand } from "./run_command.ts";
import { HOSTILE, isHarmless } from "./testing/hostile_text.ts";

afterEach(() => vi.restoreAllMocks());

/** What `act` prints, on both streams. */
async function printed(act: () => unknown): Promise<string> {
  const lines: string[] = [];
  for (const stream of ["log", "error"] as const) {
    vi.spyOn(console, stream).mockImplementation((...texts) => void lines.push(texts.join(" ")));
  }
  await act();
  vi.restoreAllMocks();
  return lines.join("\n");
}

it.each(HOSTILE)("prints nothing that acts of %j", async (hostile) => {
  const name = `a${hostile}b`;
  const acts = [
    () => print(name),
    () => printError(name),
    () => printTrace(new Error(name), "a part"),
    () => printTrace({ name, [name]: [name] }),
    () => runCommand(() => Promise.reject(new ErrorWithRemedy(name, name))),
    () => runCommand(() => Promise.reject(new Error(name, { cause: new Error(name) }))),
  ];
  for (const act of acts) {
    const output = await printed(act);
    expect(output.length).toBeGreaterThan(2);
    expect([output, isHarmless(output)]).toEqual([output, true]);
  }
});

/** Lines that print what the project itself says, or what passed `visible` before it was coloured. */
const KNOWN = [
  /openScreen\(Deno\.(stdout|stderr), console\.(log|error)\)/,
  /^(write|writeError): console\.(log|error),$/,
  /visibleJson\(/,
  /console\.log\(options\.help\.trimEnd\(\)\)/,
  /console\.log\("[^"$]*"\);?$/,
  /console\.log\(\);$/,
];
/** Files whose coloured lines have been looked at: their variables pass `visible`. */
const COLOURED = ["scripts/ops/drill/main.ts", "scripts/platform/stack/main.ts", "scripts/platform/stack/run_stack.ts"];
/** Programs of their own, whose output is read by the stack or is an address. */
const APART = [/^scripts\/platform\/stack\/functions\/preload\.ts$/, /^scripts\/platform\/stack\/diverted_errors\.ts$/];

it("is how every command for operators, and the stack, prints", () => {
  const sources = ["scripts/ops", "scripts/platform", "scripts/dev/demo"].flatMap((folder) =>
    sourcesBelow(REPOSITORY, folder)
  )
    .filter((path) => !isTest(path) && !COLOURED.includes(path) && !APART.some((apart) => apart.test(path)));
  expect(sources.length).toBeGreaterThan(200);
  const found = sources.flatMap((path) =>
    Deno.readTextFileSync(`${REPOSITORY}/${path}`).split("\n").map((line) => line.trim())
      .filter((line) => /\bconsole\.(log|error|warn|info|debug)\b|Deno\.(stdout|stderr)\.write/.test(line))
      .filter((line) => !KNOWN.some((known) => known.test(line)))
      .map((line) => `${path}: ${line}`)
  );
  expect(found).toEqual([]);
});
