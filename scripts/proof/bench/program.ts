import { Command } from "commander";
import pc from "picocolors";
import { type ApiEffort, measureApi } from "./api/api.ts";
import { apiSections } from "./api/report.ts";
import { deliver, type Options } from "./delivery.ts";
import { readChunks, readMinutes, readRounds } from "./arguments.ts";
import { measureConsole } from "./console/console.ts";
import { consoleSections } from "./console/report.ts";
import { measureCpu } from "./cpu/cpu.ts";
import { KINDS } from "./cpu/documents.ts";
import { cpuSections } from "./cpu/report.ts";
import { measureEngine } from "./engine/engine.ts";
import type { Effort } from "./engine/measure.ts";
import { engineSections } from "./engine/report.ts";
import { measureLive } from "./live/live.ts";
import { liveSections } from "./live/report.ts";
import { measurePages } from "./pages/pages.ts";
import { pagesSections } from "./pages/report.ts";
import { measurePipeline } from "./pipeline/pipeline.ts";
import { pipelineSections } from "./pipeline/report.ts";
import { CHAPTER_TITLE, searchSections } from "./search/report.ts";
import { keepResults } from "./search/results.ts";
import { measureSearch, type SearchResult } from "./search/search.ts";
import { soakSections } from "./soak/report.ts";
import { soak } from "./soak/soak.ts";
import { viewsSections } from "./views/report.ts";
import { measureViews } from "./views/views.ts";

/** For reliable numbers; a round takes about three minutes. */
const FULL: Effort = {
  rounds: 3,
  warmUp: 20,
  backlog: 5_000,
  drainMs: 4_000,
  idleSamples: 17,
  idleMs: 40_000,
  chainSamples: 10,
  chainsMs: 6_000,
  fewSamples: 2,
  slowMs: 2_000,
  fastSamples: 5,
  timeoutMs: Infinity,
};
/** For a quick check against large regressions. */
const QUICK: Effort = {
  rounds: 1,
  warmUp: 1,
  backlog: 500,
  drainMs: 1_500,
  idleSamples: 6,
  idleMs: 2_000,
  chainSamples: 3,
  chainsMs: 2_000,
  fewSamples: 1,
  slowMs: 500,
  fastSamples: 1,
  timeoutMs: 500,
};

const API_FULL: ApiEffort = { rounds: 5, warmUp: 30, inTurn: 300, paced: 400 };
const API_QUICK: ApiEffort = { rounds: 1, warmUp: 10, inTurn: 50, paced: 100 };

/** `npm run bench`: measures, prints the numbers, and with --write stores them in BENCHMARKS.md. */
export async function runBenchmarks(args: string[], signal: AbortSignal): Promise<void> {
  const program = new Command()
    .name("npm run bench --")
    .description(
      "Measures the engine and other queues, live status, the pipeline, the API, the monitoring views, the console, the stages' CPU time, and search.",
    );
  const onProgress = (step: string) =>
    console.error(
      pc.dim(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${step}`),
    );

  common(program.command("engine"))
    .description(
      "stage transitions, latencies and claims, compared with pg-boss, graphile-worker and raw pgmq",
    )
    .option("--only <text>", "only competitors whose name contains this")
    .action(async (options: Options) => {
      const effort = options.quick ? QUICK : FULL;
      const result = await measureEngine({
        effort: { ...effort, rounds: options.rounds ?? effort.rounds },
        backlogs: [1_000, options.quick ? 100_000 : 1_000_000],
        only: options.only,
        profile: !options.quick,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "engine",
        title: "The engine compared with other queues",
        sections: engineSections(result),
      }, options);
    });

  common(program.command("live"))
    .description("what live status costs: stage transitions with the switch on and off")
    .action(async (options: Options) => {
      const result = await measureLive({
        pairs: options.rounds ?? (options.quick ? 2 : 7),
        backlog: options.quick ? 1_500 : 3_000,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "live",
        title: "What live status costs",
        sections: liveSections(result),
      }, options);
    });

  common(program.command("pipeline"))
    .description(
      "documents from upload to searchable, compared with a straight-line script",
    )
    .action(async (options: Options) => {
      const result = await measurePipeline({
        rounds: options.rounds ?? (options.quick ? 1 : 3),
        documents: options.quick ? 20 : 100,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "pipeline",
        title: "The pipeline compared with a straight-line script",
        sections: pipelineSections(result),
      }, options);
    });

  program.command("soak")
    .description(
      "table sizes while documents are added and deleted",
    )
    .option("--minutes <number>", "duration", readMinutes, 10)
    .option("--seed <number>", "seed of the random choices", Number, 1)
    .option("--json", "prints all numbers as JSON")
    .option("--write", "stores the numbers in BENCHMARKS.md")
    .action(async ({ minutes, seed, ...options }) => {
      const result = await soak({ minutes, seed, onProgress, signal });
      await deliver(result, {
        name: "soak",
        title: "Growth under a steady load",
        command: `npm run bench -- soak --minutes ${minutes} --seed ${seed} --write`,
        sections: soakSections(result),
      }, options);
    });

  common(program.command("api"))
    .description(
      "the API's routes, compared with a function that runs one select",
    )
    .action(async (options: Options) => {
      const effort = options.quick ? API_QUICK : API_FULL;
      const result = await measureApi({
        effort: { ...effort, rounds: options.rounds ?? effort.rounds },
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "api",
        title: "The API compared with one select",
        sections: apiSections(result),
      }, options);
    });

  common(program.command("views"))
    .description("the monitoring views in a database of 100,000 jobs")
    .action(async (options: Options) => {
      const result = await measureViews({
        rounds: options.rounds ?? (options.quick ? 5 : 20),
        jobs: options.quick ? 10_000 : 100_000,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "views",
        title: "Monitoring views",
        sections: viewsSections(result),
      }, options);
    });

  common(program.command("console"))
    .description("the console's screens for operators, with 100,000 jobs in the database")
    .action(async (options: Options) => {
      const result = await measureConsole({
        rounds: options.rounds ?? (options.quick ? 2 : 9),
        jobs: options.quick ? 10_000 : 100_000,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "console",
        title: "The console's screens",
        sections: consoleSections(result),
      }, options);
    });

  common(program.command("pages"))
    .description(
      "page numbers of answers from Debian's manuals",
    )
    .option("--only <text>", "only manuals whose name contains this")
    .action(async (options: Options) => {
      const result = await measurePages({
        sentences: options.quick ? 20 : 150,
        only: options.only,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "pages",
        title: "Page numbers of answers",
        sections: pagesSections(result),
      }, options);
    });

  common(program.command("cpu"))
    .description(
      "CPU time of each stage's invocations, for the largest documents of each kind",
    )
    .option(
      "--only <text>",
      `only documents whose name contains this: ${Object.keys(KINDS).join(", ")}`,
    )
    .action(async (options: Options) => {
      const result = await measureCpu({
        rounds: options.rounds ?? (options.quick ? 1 : 3),
        share: options.quick ? 0.1 : 1,
        only: options.only,
        onProgress,
        signal,
      });
      await deliver(result, {
        name: "cpu",
        title: "CPU time of each stage",
        sections: cpuSections(result),
      }, options);
    });

  common(program.command("search"))
    .description(
      "searches among 10,000 and 100,000 chunks of many users: latency, recall, storage, writes",
    )
    .option(
      "--chunks <numbers>",
      "numbers of chunks, separated by commas or in several options",
      readChunks,
    )
    .option(
      "--results <file>",
      "stores results of several calls, to report them together",
    )
    .action(
      async (options: Options & { chunks?: number[]; results?: string }) => {
        const chunks = options.chunks ??
          (options.quick ? [2_000] : [10_000, 100_000]);
        const { results } = options;
        let kept: SearchResult | undefined;
        const measured = await measureSearch({
          chunks,
          questions: options.quick ? 10 : 40,
          rounds: options.rounds ?? (options.quick ? 1 : 3),
          concurrentMs: options.quick ? 1_000 : 6_000,
          onProgress,
          onSize: async (size) => {
            if (results) kept = await keepResults(results, size);
          },
          signal,
        });
        const result = kept ?? measured;
        await deliver(result, {
          name: "search-scale",
          title: CHAPTER_TITLE,
          command: [
            "npm run bench -- search",
            options.chunks && `--chunks ${options.chunks.join(",")}`,
            options.rounds !== undefined && `--rounds ${options.rounds}`,
            options.quick && "--quick",
            "--write",
          ].filter(Boolean).join(" "),
          sections: searchSections(result),
        }, options);
      },
    );

  await program.parseAsync(args, { from: "user" });
}

function common(command: Command): Command {
  return command
    .option("--rounds <number>", "rounds of each competitor", readRounds)
    .option("--quick", "less than a minute, with too few samples to publish")
    .option("--json", "prints all numbers as JSON")
    .option("--write", "stores the numbers in BENCHMARKS.md");
}
