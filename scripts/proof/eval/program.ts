import { Command } from "commander";
import pc from "picocolors";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { TOLERANCE } from "./baseline.ts";
import { deliver, type Options } from "./delivery.ts";
import { evaluate } from "./evaluate.ts";

/** `npm run eval`: measures how well search finds known answers. */
export async function runEvaluation(args: string[], signal: AbortSignal): Promise<void> {
  const program = new Command()
    .name("npm run eval --")
    .description(
      "Uploads documents in several languages, searches for known answers, and measures how well each search mode " +
        `finds them. Fails if nDCG@10 of a language is more than ${TOLERANCE} below scripts/proof/eval/baseline.json.`,
    )
    .option("--quick", "our own documents only; less than a minute")
    .option(
      "--only <language>",
      "only questions about documents in this language, such as de",
    )
    .option(
      "--verbose",
      "shows every question whose answer does not come first",
    )
    .option("--json", "prints all numbers as JSON")
    .option(
      "--write",
      "stores the numbers in BENCHMARKS.md and docs/search_quality.svg",
    )
    .option("--accept", "stores the measured figures as baseline")
    .option(
      "--openai",
      "real embeddings, paid for with OPENAI_API_KEY: less than 1 cent with --quick, some 5 to 10 cents without it",
    )
    .parse(args, { from: "user" });
  const options = program.opts<Options>();
  checkOptions(options);

  const result = await evaluate({
    quick: options.quick ?? false,
    only: options.only,
    openAiKey: options.openai ? openAiKey() : undefined,
    onProgress: (step) =>
      console.error(
        pc.dim(
          `${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${step}`,
        ),
      ),
    signal,
  });
  await deliver(result, options);
}

/** @throws {ErrorWithRemedy} for contradictory options */
function checkOptions(
  { quick, only, write, accept, openai }: Options,
): void {
  if (write && (quick || only || openai)) {
    throw new ErrorWithRemedy(
      "--write publishes the full set with the simulator's vectors.",
      "Leave out --quick, --only and --openai.",
    );
  }
  if (accept && openai) {
    throw new ErrorWithRemedy(
      "The baseline is that of the simulator's vectors.",
      "Leave out --accept or --openai.",
    );
  }
}

function openAiKey(): string {
  const key = Deno.env.get("OPENAI_API_KEY");
  if (key) return key;
  throw new ErrorWithRemedy(
    "--openai needs a key, and OPENAI_API_KEY is not set.",
    "Set it, or leave out --openai to use the simulator's vectors.",
  );
}
