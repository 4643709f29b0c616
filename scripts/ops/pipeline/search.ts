import { Option } from "commander";
import {
  type Explanation,
  type Passage,
  type SearchAnswer,
  type SearchNotice,
  type SearchOptions,
} from "../../../client/src/index.ts";
import { doubtAbout, withoutOpeningHeadings } from "../../dev/demo/demo.ts";
import { emphasise, type Screen } from "../../dev/terminal/screen.ts";
import { type AddCommands, examples, type Session } from "./session.ts";
import { readCount, readFraction } from "./values.ts";

export const addSearchCommand: AddCommands = (program, perform) => {
  program.command("search <question...>")
    .description(
      'searches the user\'s documents; "in quotes" must occur, -word must not; the last word may be incomplete',
    )
    .option("-k, --passages <count>", "how many", readCount(1, 50), 5)
    .addOption(
      new Option("--mode <mode>", "search mode")
        .choices(["hybrid", "vector", "text"]).default("hybrid"),
    )
    .option("--min-score <score>", "minimum score", readFraction)
    .option(
      "--expand <count>",
      "also shows this many neighbours before and after each",
      readCount(0, 2),
    )
    .option(
      "--max-per-document <count>",
      "maximum per document",
      readCount(1, 50),
    )
    .option("--document <id...>", "only in these documents")
    .option("--language <code>", "language of the question, such as en or de")
    .option(
      "--explain [chunk]",
      "explains each score, or why a chunk was or was not found",
    )
    .addHelpText(
      "after",
      examples(
        'search "How much is charged for tools returned late?" -k 3',
        "search '\"annual fee\" -students' --min-score 0.3 --explain",
      ),
    )
    .action(perform(search));
};

async function search(
  { target, report, signal }: Session,
  words: string[],
  { passages, document, ...options }:
    & Pick<
      SearchOptions,
      "mode" | "minScore" | "expand" | "maxPerDocument" | "language" | "explain"
    >
    & { passages: number; document?: string[] },
): Promise<void> {
  const client = await target.asUser();
  const answer = await client.search(words.join(" "), {
    ...options,
    k: passages,
    documentIds: document,
    signal,
  });
  report.answer(answer, (screen) => showAnswer(screen, answer));
}

export function showAnswer(screen: Screen, answer: SearchAnswer): void {
  if (answer.degraded) {
    screen.text("The embedder is unavailable; only words were compared.");
  }
  for (const notice of answer.notices) screen.text(sentenceOf(notice));
  if (answer.results.length === 0) screen.text("No passage found.");
  // By words alone, a low score means few of the words.
  const comparesMeaning = answer.results.some(({ similarity }) => similarity !== null);
  const doubt = comparesMeaning ? doubtAbout(answer.results) : undefined;
  if (doubt) screen.text(doubt);
  answer.results.forEach((passage, index) => showPassage(screen, index + 1, passage));
  if (answer.explained) {
    const { message, explanation } = answer.explained;
    screen.blank();
    for (const line of [message, ...explanation ? linesOf(explanation) : []]) {
      screen.text(line);
    }
  }
  if (answer.next_cursor) {
    screen.blank();
    screen.text("There are more: use -k, up to 50.");
  }
}

function sentenceOf({ code, message, word, taken_for }: SearchNotice): string {
  return code === "SPELLING_CORRECTED" && word && taken_for ? `Searched for ${taken_for} instead of ${word}.` : message;
}

function showPassage(screen: Screen, rank: number, passage: Passage): void {
  const { neighbours = [], chunk_ord } = passage;
  screen.passage(rank, {
    source: sourceOf(passage),
    score: passage.score,
    path: passage.heading_path.join(" > "),
    text: withoutOpeningHeadings(
      emphasise(passage.content, passage.highlights),
    ),
    before: neighbours.filter((one) => one.chunk_ord < chunk_ord)
      .map(({ content }) => withoutOpeningHeadings(content)),
    after: neighbours.filter((one) => one.chunk_ord > chunk_ord)
      .map(({ content }) => withoutOpeningHeadings(content)),
    notes: notesOn(passage),
  });
}

function sourceOf(
  { filename, page }: Pick<Passage, "filename" | "page">,
): string {
  return filename + (page ? `, page ${page}` : "");
}

function notesOn({ duplicates = [], explanation }: Passage): string[] {
  return [
    ...duplicates.map((one) => `The same text is in ${sourceOf(one)}.`),
    ...explanation ? linesOf(explanation) : [],
  ];
}

/** `Words 0.75 (number 1, weight 0.5): quorum exactly, boats no.` */
function linesOf({ words, meaning }: Explanation): string[] {
  const side = (
    name: string,
    { score, rank, weight }: Omit<Explanation["meaning"], "similarity">,
  ) =>
    score === null
      ? `${name} not compared`
      : `${name} ${score} (${
        [rank && `number ${rank}`, `weight ${weight}`].filter(Boolean)
          .join(", ")
      })`;
  const terms = words.terms.map(({ word, taken_for, role, found }) =>
    (role === "excluded" ? "-" : "") + (taken_for ?? word) + " " + found
  );
  return [
    side("Words", words) + (terms.length > 0 ? `: ${terms.join(", ")}` : ""),
    side("Meaning", meaning) +
    (meaning.similarity === null ? "" : `: similarity ${meaning.similarity}`),
  ];
}
