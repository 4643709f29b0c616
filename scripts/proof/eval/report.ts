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
  const count = (source: string) => documents.filter((document) => document.source === source).length;
  return [
    {
      title: "Our own documents",
      notes: [
        `${
          count("own")
        } documents written for this evaluation, each a handbook or a set of rules with many similar sections, uploaded through the API by one user, and questions whose answer is one known passage. Each question searches all of the user's documents with k = 10. The metrics use the rank of the first passage with the answer:` +
        " recall@5 " +
        "and recall@10 are the shares of questions with a rank of at most 5 and 10, MRR the mean of 1 / rank, nDCG@10 the mean of " +
        "1 / log2(1 + rank). Wrong pages: passages with the answer that name another page.",
        embedder === "openai"
          ? "The vectors are OpenAI's."
          : "The vectors come from the simulator, which knows some hundred concepts and WordNet's synonyms; a real model's are better at paraphrased and cross-language questions. The figures compare modes and versions.",
      ],
      tables: [languageTable(scoresOfSet(own))],
    },
    ...hasDebian
      ? [{
        title: "With Debian's books",
        notes: [
          `The same documents and Debian's reference in ${
            count("debian")
          } languages, each of some 260 pages, all of one user. Questions are section titles and our own questions about sections. A passage is an answer if half of it (in letter n-grams) is in the section of the book's HTML, or half of the section is in it; passages of another language's book are not. Its page is right if a tenth of the page is in the section, or a tenth of the section on the page.` +
          "",
          // As in the chapter of BENCHMARKS.md.
          "![nDCG@10 by language and mode](docs/search_quality.svg)",
        ],
        tables: [languageTable(scoresOfSet(outcomes))],
      }]
      : withoutDebian
      ? [{
        title: "Without Debian's books",
        notes: [`The download failed. ${withoutDebian}`],
        tables: [],
      }]
      : [],
    {
      title: "By kind of question",
      notes: [
        "plain: in the passage's words, or a section title. inflected: in other word forms. code: by a reference or a command. " +
        "phrase: with a quoted phrase. typo: misspelled. synonym: in other words. cross: in another language.",
      ],
      tables: [kindTable(outcomes)],
    },
    {
      title: "Goals",
      notes: unmet.length === 0 ? ["All goals are met."] : unmet.map((sentence) => `Not met: ${sentence}.`),
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
  const known = KINDS.flatMap((kind) => groups.filter(({ name }) => name === kind));
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

/** Every question whose passage does not come first: query, expected answer, and hits. */
export function failureLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter(({ rank }) => rank !== 1).flatMap((
    { question, mode, rank, got },
  ) => [
    "",
    `${question.language} ${question.kind} ${mode}: ${rank === null ? "not found" : `rank ${rank}`}: ${question.query}`,
    `  expected, ${question.document} p. ${question.pages.join(", ")}: ${question.expected}`,
    ...(got.length === 0 ? ["nothing"] : got).map((line) => `  got ${line}`),
  ]);
}
