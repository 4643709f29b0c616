import { markdownReport, type Report } from "./report.ts";

const CHAPTERS = [
  "engine",
  "live",
  "pipeline",
  "api",
  "soak",
  "views",
  "console",
  "pages",
  "cpu",
  "search",
  "search-scale",
] as const;

const INTRODUCTION = `# Benchmarks

Generated: \`npm run bench -- engine --write\`, \`-- live --write\`, \`-- pipeline --write\`,
\`-- api --write\`, \`-- soak --write\`, \`-- views --write\`, \`-- console --write\`,
\`-- pages --write\`, \`-- cpu --write\`, \`-- search --write\` and
\`npm run eval -- --write\` each replace their chapter. Each chapter states what is measured and against what; the code is in
[scripts/proof/bench](scripts/proof/bench/main.ts) and [scripts/proof/eval](scripts/proof/eval/main.ts).`;

/**
 * Replaces or adds the report's chapter and keeps the others.
 * @param existing "" if the file does not exist
 */
export function withChapter(existing: string, report: Report): string {
  const chapters = CHAPTERS.map((name) =>
    name === report.name ? between(name, markdownReport(report).trimEnd()) : chapterOf(existing, name)
  );
  return [INTRODUCTION, ...chapters.filter(Boolean)].join("\n\n") + "\n";
}

function chapterOf(text: string, name: string): string | undefined {
  const [begin, end] = marks(name);
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  return from < 0 || to < 0 ? undefined : text.slice(from, to + end.length);
}

function between(name: string, chapter: string): string {
  const [begin, end] = marks(name);
  return `${begin}\n\n${chapter}\n\n${end}`;
}

function marks(name: string): [string, string] {
  return [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
}
