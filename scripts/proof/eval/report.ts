import type { Section } from "../bench/report.ts";
import { type Column, formatMs, type Table } from "../../dev/terminal/table.ts";
import type { EvalResult } from "./evaluate.ts";
import type { Outcome } from "./ask.ts";
import { KINDS, MODES } from "./question.ts";
import { type Group, groupBy, type Score, scoresOf } from "./scores.ts";

/** Scores of one set of questions. */
export interface SetScores {
  byLanguage: Group[];
  all: Score[];
}

export function scoresOfSet(outcomes: readonly Outcome[]): SetScores {
  return {
    byLanguage: groupBy(outcomes, ({ question }) => question.language)
      .sort((a, b) => a.name < b.name ? -1 : 1),
    all: scoresOf(outcomes),
  };
}

const right = (title: string): Column => ({ title, align: "right" });

export function evalSections(
  { outcomes, documents, embedder, withoutDebian }: EvalResult,
  unmet: readonly string[],
): Section[] {
  const own = outcomes.filter(({ question }) => question.source === "own");
  const hasDebian = own.length < outcomes.length;
  const count = (source: string) =>
    documents.filter((document) => document.source === source).length;
  return [
    {
      title: "Our own documents",
      notes: [
        `${
          count("own")
        } documents that were written for this, each a handbook or a set of rules with many sections that are ` +
        "nearly alike, uploaded through the product by one user, and questions to which one passage is known to be the answer. Each is " +
        "asked among all of the user's documents, with k = 10. The rank of the first passage that has the answer decides: recall@5 " +
        "and recall@10 are the shares of questions with a rank of at most 5 and 10, MRR the mean of 1 / rank, nDCG@10 the mean of " +
        "1 / log2(1 + rank). Wrong pages: of the passages that have an answer, those that name another page than it stands on.",
        embedder === "openai"
          ? "The vectors are OpenAI's."
          : "The vectors are the simulator's, which knows some hundred concepts and WordNet's synonyms: a real model's are better " +
            "at questions in other words and other languages. What it shows is how modes and versions compare.",
      ],
      tables: [languageTable(scoresOfSet(own))],
    },
    ...hasDebian
      ? [{
        title: "With Debian's books",
        notes: [
          `The same, and Debian's reference in ${
            count("debian")
          } languages, each of some 260 pages and all of them one user's. Questions are titles of sections, and our own ` +
          "questions to sections. A passage answers if half of it (in runs of letters) is in the section, as the book's HTML has it, or " +
          "half of the section in it; in another language's book it does not. Its page is right if a tenth of that page is in the " +
          "section, or a tenth of the section on that page.",
          // As the chapter in BENCHMARKS.md shows it.
          "![nDCG@10 by language and mode](docs/search_quality.svg)",
        ],
        tables: [languageTable(scoresOfSet(outcomes))],
      }]
      : withoutDebian
      ? [{
        title: "Without Debian's books",
        notes: [`They could not be fetched. ${withoutDebian}`],
        tables: [],
      }]
      : [],
    {
      title: "By kind of question",
      notes: [
        "plain: in words of the passage, or a section's title. inflected: in other forms of them. code: by a reference or a command. " +
        "phrase: with a quoted phrase. typo: misspelled. synonym: in other words. cross: in another language.",
      ],
      tables: [kindTable(outcomes)],
    },
    {
      title: "Goals",
      notes: unmet.length === 0
        ? ["All are met."]
        : unmet.map((sentence) => `Not met: ${sentence}.`),
      tables: [],
    },
  ];
}

function languageTable({ byLanguage, all }: SetScores): Table {
  return {
    columns: [
      { title: "language" },
      { title: "mode" },
      right("questions"),
      right("recall@5"),
      right("recall@10"),
      right("MRR"),
      right("nDCG@10"),
      right("wrong pages"),
      right("p50"),
      right("p95"),
    ],
    rows: [...byLanguage, { name: "all", scores: all }].flatMap((
      { name, scores },
    ) =>
      scores.map((score) => [
        name,
        score.mode,
        String(score.questions),
        figure(score.recallAt5),
        figure(score.recallAt10),
        figure(score.mrr),
        figure(score.ndcgAt10),
        `${score.wrongPages} of ${score.answered}`,
        formatMs(score.p50),
        formatMs(score.p95),
      ])
    ),
  };
}

function kindTable(outcomes: readonly Outcome[]): Table {
  const groups = groupBy(outcomes, ({ question }) => question.kind);
  const known = KINDS.flatMap((kind) =>
    groups.filter(({ name }) => name === kind)
  );
  return {
    columns: [
      { title: "kind" },
      right("questions"),
      ...MODES.map((mode) => right(`recall@10, ${mode}`)),
      ...MODES.map((mode) => right(`nDCG@10, ${mode}`)),
    ],
    rows: known.map(({ name, scores }) => {
      const of = (value: (score: Score) => number) =>
        MODES.map((mode) => {
          const score = scores.find((one) => one.mode === mode);
          return score ? figure(value(score)) : "–";
        });
      return [
        name,
        String(scores[0].questions),
        ...of((score) => score.recallAt10),
        ...of((score) => score.ndcgAt10),
      ];
    }),
  };
}

function figure(value: number): string {
  return value.toFixed(3);
}

/** Every question whose passage is not the first one: what was asked and expected, and what was found. */
export function failureLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter(({ rank }) => rank !== 1).flatMap((
    { question, mode, rank, got },
  ) => [
    "",
    `${question.language} ${question.kind} ${mode}: ${
      rank === null ? "not found" : `rank ${rank}`
    }: ${question.query}`,
    `  expected, ${question.document} p. ${
      question.pages.join(", ")
    }: ${question.expected}`,
    ...(got.length === 0 ? ["nothing"] : got).map((line) => `  got ${line}`),
  ]);
}
