import pc from "picocolors";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { withChapter } from "../bench/benchmarks_file.ts";
import { printReport, type Report } from "../bench/report.ts";
import { type Baseline, baselineSchema, dropsFrom, figuresOf, TOLERANCE, withFigures } from "./baseline.ts";
import type { EvalResult } from "./evaluate.ts";
import { unmetGoals } from "./goals.ts";
import { qualityPlot } from "./plot.ts";
import { evalSections, failureLines, scoresOfSet } from "./report.ts";

const ROOT = `${import.meta.dirname}/../../..`;
const BENCHMARKS = `${ROOT}/BENCHMARKS.md`;
const PLOT = `${ROOT}/docs/search_quality.svg`;
const BASELINE = `${import.meta.dirname}/baseline.json`;

export interface Options {
  quick?: boolean;
  only?: string;
  json?: boolean;
  verbose?: boolean;
  write?: boolean;
  accept?: boolean;
  openai?: boolean;
}

/** Prints the figures, stores them where the options ask for it, and compares them with the baseline. */
export async function deliver(result: EvalResult, options: Options): Promise<void> {
  const { outcomes } = result;
  if (outcomes.length === 0) {
    throw new ErrorWithRemedy(
      `There are no questions about documents in ${options.only}.`,
      "Leave out --only to see the available languages.",
    );
  }
  const ownSet = scoresOfSet(
    outcomes.filter(({ question }) => question.source === "own"),
  );
  const hasDebian = outcomes.some(({ question }) => question.source === "debian");
  const fullSet = hasDebian ? scoresOfSet(outcomes) : undefined;
  const unmet = unmetGoals(
    outcomes.filter(({ question }) => question.source === "own"),
    { isComplete: !options.only },
  );
  const report: Report = {
    name: "search",
    title: "Search quality",
    command: "npm run eval -- --write",
    environment: result.environment,
    sections: evalSections(result, unmet),
  };

  if (options.json) {
    console.log(JSON.stringify(
      {
        environment: result.environment,
        embedder: result.embedder,
        withoutDebian: result.withoutDebian,
        own: ownSet,
        full: fullSet,
        unmet,
        outcomes: outcomes.map(({ question, ...outcome }) => ({
          source: question.source,
          language: question.language,
          kind: question.kind,
          document: question.document,
          query: question.query,
          expected: question.expected,
          pages: question.pages,
          ...outcome,
        })),
      },
      null,
      2,
    ));
  } else {
    if (options.verbose) {
      for (const line of failureLines(outcomes)) console.log(line);
    }
    printReport(report);
  }

  const measured: Partial<Baseline> = {
    own: figuresOf(ownSet.byLanguage),
    ...fullSet && { full: figuresOf(fullSet.byLanguage) },
  };
  if (options.write) {
    if (!fullSet) {
      throw new ErrorWithRemedy(
        `--write publishes the full set, and Debian's books are missing. ${result.withoutDebian ?? ""}`.trim(),
        "Check that this machine reaches its Debian mirror, and try again.",
      );
    }
    await write(report, fullSet);
  }
  if (options.accept) await accept(measured);
  else if (result.embedder === "simulator") await compare(measured);
  if (result.withoutDebian) {
    console.error(
      pc.yellow(
        `\nOnly our own documents were evaluated: ${result.withoutDebian}`,
      ),
    );
  }
}

async function write(
  report: Report,
  { byLanguage }: ReturnType<typeof scoresOfSet>,
): Promise<void> {
  const existing = await Deno.readTextFile(BENCHMARKS);
  await Deno.writeTextFile(BENCHMARKS, withChapter(existing, report));
  await Deno.writeTextFile(PLOT, qualityPlot(byLanguage));
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", BENCHMARKS, PLOT],
  })
    .output();
  console.error("BENCHMARKS.md is updated.");
}

async function readBaseline(): Promise<Baseline> {
  return baselineSchema.parse(JSON.parse(await Deno.readTextFile(BASELINE)));
}

async function accept(measured: Partial<Baseline>): Promise<void> {
  const baseline = withFigures(await readBaseline(), measured);
  await Deno.writeTextFile(
    BASELINE,
    `${JSON.stringify(baseline, null, 2)}\n`,
  );
  console.error("The baseline is updated. Commit it.");
}

/** Makes the command fail if search has become worse. */
async function compare(measured: Partial<Baseline>): Promise<void> {
  const baseline = await readBaseline();
  const drops = [
    ...dropsFrom(baseline.own, measured.own ?? {}, "our own documents"),
    ...dropsFrom(baseline.full, measured.full ?? {}, "the full set"),
  ];
  if (drops.length === 0) return;
  console.error(
    pc.red(
      `\nSearch is worse than scripts/proof/eval/baseline.json by more than ${TOLERANCE}:`,
    ),
  );
  for (const drop of drops) console.error(`  ${drop}`);
  console.error(
    "Use --verbose to see the questions. If the change is intended, run the command with --accept and commit the file.",
  );
  Deno.exitCode = 1;
}
