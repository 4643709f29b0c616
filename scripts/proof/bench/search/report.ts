import type { Section } from "../report.ts";
import { formatMs, formatRate, type Table } from "../../../dev/terminal/table.ts";
import { comparisonTable, limitLines } from "../comparison.ts";
import { ANSWERS, type Mode, MODES } from "./asking.ts";
import { judgeSearch, middle, total, worst } from "./goals.ts";
import type { Cell } from "./latency.ts";
import { KINDS, KINDS_SAID } from "./questions.ts";
import { BUILT_AFTERWARDS_FROM, type SearchResult, SETTINGS, type SizeResult } from "./search.ts";
import { CHUNK_SHARES, QUESTION_SHARES } from "./vectors.ts";

export const CHAPTER_TITLE = "Search among many users' chunks";

const right = (title: string) => ({ title, align: "right" as const });
const whole = (count: number) => Math.round(count).toLocaleString("en-US");

export function searchSections(result: SearchResult): Section[] {
  const { sizes, questions } = result;
  const comparisons = judgeSearch(result);
  return [
    {
      title: "What is searched",
      notes: corpusNotes(questions),
      tables: [tenantTable(sizes)],
    },
    {
      title: "Search goals",
      notes: limitLines(comparisons),
      tables: [comparisonTable(comparisons)],
    },
    ...sizes.flatMap(sizeSections),
    ...(sizes.length > 1 ? [growthSection(sizes)] : []),
    bytesSection(sizes),
    buildSection(sizes),
    writeSection(sizes),
  ];
}

function corpusNotes(questions: number): string[] {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [
    "Generated from a seed; identical each time. Tenants: each class of 100,000, 20,000, 5,000 and 1,000 chunks that is at most half of all gets two fifths of what larger classes left; tenants of 100 get 98 % of the rest, and tenants of 5 the remainder. Documents have a median of 34 chunks and at most 600, and arrive in random order of owners.",
    "Vectors: sums of random directions from pools in Postgres, whose variance differs by dimension, scaled to length 1. Of a chunk's squared length" +
    ` ${percent(CHUNK_SHARES.common)} are common to all texts, ${
      percent(CHUNK_SHARES.topic)
    } its topic (one of 300, shared by tenants, who have 1 to 11 each), ${
      percent(CHUNK_SHARES.document)
    } its document's, and the rest its own (three of 2,000): unrelated texts have a cosine of 0.15, those of a topic 0.45, those of a ` +
    `document 0.60. Of a question's ${
      percent(QUESTION_SHARES.own)
    } are noise of its own; its cosine with the target chunk is 0.6.`,
    "Texts: about 250 words without meaning, spelt at random, with English function words among them. Frequencies follow Zipf's law with " +
    "exponent 1, and 1.7 beyond rank 8,000, so that the vocabulary grows with about the 0.6th power of the text; four in ten content words " +
    "are from the topic's own vocabulary, one in fifty is a code such as KR-20481. search_text is made by the pipeline's own function.",
    `Questions: ${questions} different ones per tenant after ten to warm up; ${ANSWERS} results each. ${KINDS_SAID} ` +
    "`document_ids` names at most ten documents, including the target's.",
    "Times: of the statement that calls pipeline_search.search, as role authenticated with its claims, from sending to receiving, on one local connection. Postgres has " +
    Object.entries(SETTINGS).map(([name, value]) => `${name} = ${value}`)
      .join(", ") +
    ", otherwise the local stack's settings; a vacuum follows each fill and each write.",
    `The indexes exist during the fill below ${
      whole(BUILT_AFTERWARDS_FROM)
    } chunks; from there on they are built after it.`,
  ];
}

function tenantTable(sizes: SizeResult[]): Table {
  return {
    columns: [
      right("chunks"),
      { title: "tenants: count × chunks (documents)" },
      right("filled in"),
      right("chunks/s"),
    ],
    rows: sizes.map(({ chunks, tenants, fillMs }) => [
      whole(chunks),
      tenants.map(({ count, chunks, documents }) => `${whole(count)} × ${whole(chunks)} (${whole(documents)})`).join(
        ", ",
      ),
      formatMs(fillMs),
      formatRate(chunks * 1000 / fillMs),
    ]),
  };
}

function sizeSections(size: SizeResult): Section[] {
  const { cells, firstMs, concurrency, profiles } = size;
  const shown = whole(size.chunks);
  return [{
    title: `${shown} chunks`,
    notes: [
      `On ${size.date}, load before: ${size.loadBefore.toFixed(1)}. ` +
      `${concurrency.clients} clients of different tenants at once, hybrid, for ${concurrency.seconds.toFixed(0)} s: ${
        formatRate(concurrency.perSecond)
      } answers/s, p50 ${formatMs(concurrency.p50)}, p95 ${
        formatMs(concurrency.p95)
      }. The first answer of a new connection, hybrid, to the largest tenant: ${formatMs(firstMs)}.`,
      "CPU: time of the server process per question, which hardly depends on other load. recall@10: how many of the exact ten nearest chunks of the tenant are among the results. missing: expected rows that were not returned; by words, the expected number is that of chunks with one of the question's words, up to ten.",
    ],
    tables: [cellTable(cells), kindTable(cells)],
  }, {
    title: `Where the time goes: ${shown} chunks, the largest tenant`,
    notes: [
      "By the server's statistics, per question; a statement's time includes the statements inside it.",
    ],
    tables: profiles.map(({ mode, ms, inside }) => ({
      columns: [
        { title: `${mode}, ${formatMs(ms)} in total: statement inside it` },
        right("calls"),
        right("server time"),
      ],
      rows: inside.map((share) => [
        share.statement,
        share.calls.toFixed(1),
        formatMs(share.ms),
      ]),
    })),
  }];
}

function cellTable(cells: Cell[]): Table {
  return {
    columns: [
      right("tenant's chunks"),
      { title: "mode" },
      { title: "document_ids" },
      right("p50"),
      right("p95"),
      right("CPU"),
      right("CPU p95"),
      right("rows"),
      right("recall@10"),
      right("missing"),
    ],
    rows: cells.map((cell) => [
      whole(cell.tenantChunks),
      cell.mode,
      cell.narrowed ? "some" : "all",
      formatMs(cell.p50),
      formatMs(cell.p95),
      formatMs(cell.cpuMs),
      formatMs(cell.cpuP95),
      cell.rows.toFixed(1),
      cell.recall?.toFixed(3) ?? "–",
      String(cell.missing),
    ]),
  };
}

function kindTable(cells: Cell[]): Table {
  const largest = cells[0].tenantChunks;
  return {
    columns: [
      { title: `tenant of ${whole(largest)}, question` },
      ...MODES.flatMap((mode) => [right(`${mode}, p50`), right("most")]),
      right("recall@10"),
    ],
    rows: KINDS.map((kind) => {
      const of = (mode: Mode) =>
        cells.find((cell) => cell.tenantChunks === largest && cell.mode === mode && !cell.narrowed)!.byKind[kind];
      return [
        kind,
        ...MODES.flatMap((mode) => [
          formatMs(of(mode).p50),
          formatMs(of(mode).most),
        ]),
        of("vector").recall?.toFixed(3) ?? "–",
      ];
    }),
  };
}

function growthSection(sizes: SizeResult[]): Section {
  const tenants = [
    ...new Set(
      sizes.flatMap(({ cells }) => cells.map(({ tenantChunks }) => tenantChunks)),
    ),
  ].toSorted((a, b) => b - a);
  return {
    title: "Effect of the number of chunks",
    notes: [
      "The worst p95 of a tenant's modes, with and without document_ids.",
    ],
    tables: [{
      columns: [
        right("tenant's chunks"),
        ...sizes.map(({ chunks }) => right(`of ${whole(chunks)}`)),
      ],
      rows: [
        ...tenants.map((tenant) => [
          whole(tenant),
          ...sizes.map((size) => formatMs(worst(size, tenant))),
        ]),
        [
          "8 at once, answers/s",
          ...sizes.map(({ concurrency }) => formatRate(concurrency.perSecond)),
        ],
        [
          "8 at once, p95",
          ...sizes.map(({ concurrency }) => formatMs(concurrency.p95)),
        ],
      ],
    }],
  };
}

function bytesSection(sizes: SizeResult[]): Section {
  const { layouts } = sizes[0];
  const plain = (name: string) => name.replace(/^(bench|upload_pipeline)\./, "");
  const live = [
    ...new Set(sizes.flatMap(({ bytes }) => bytes.map(({ name }) => name))),
  ];
  return {
    title: "Bytes per chunk",
    notes: [
      `Compared with the former layout for the same ${
        whole(layouts.rows)
      } chunks, inserted with indexes in place. rows: including TOAST.`,
    ],
    tables: [
      {
        columns: [
          { title: "this layout" },
          right("bytes"),
          { title: "former layout" },
          right("bytes"),
        ],
        rows: [
          ...Array.from(
            {
              length: Math.max(layouts.present.length, layouts.former.length),
            },
            (_, i) =>
              [layouts.present[i], layouts.former[i]].flatMap((part) =>
                part ? [plain(part.name), whole(part.bytes)] : ["", ""]
              ),
          ),
          [
            "all",
            whole(total(layouts.present)),
            "all",
            whole(total(layouts.former)),
          ],
        ],
      },
      {
        columns: [
          { title: "after the fill" },
          ...sizes.map(({ chunks }) => right(`of ${whole(chunks)}`)),
        ],
        rows: [
          ...live.map((name) => [
            plain(name),
            ...sizes.map(({ bytes }) => whole(bytes.find((part) => part.name === name)?.bytes ?? 0)),
          ]),
          ["all", ...sizes.map(({ bytes }) => whole(total(bytes)))],
        ],
      },
    ],
  };
}

function buildSection(sizes: SizeResult[]): Section {
  return {
    title: "Building the indexes",
    notes: [
      "One after the other over all rows, with maintenance_work_mem = 1 GB.",
    ],
    tables: [{
      columns: [
        { title: "index" },
        ...sizes.map(({ chunks }) => right(`of ${whole(chunks)}`)),
      ],
      rows: sizes[0].builds.map(({ index }) => [
        index.replace(/^\w+\./, ""),
        ...sizes.map(({ builds }) => formatMs(builds.find((build) => build.index === index)?.ms)),
      ]),
    }],
  };
}

function writeSection(sizes: SizeResult[]): Section {
  const of = (what: (size: SizeResult) => string) => sizes.map(what);
  const deleted = [
    ...new Set(
      sizes.flatMap(({ writes }) => writes.deletes.map(({ chunks }) => chunks)),
    ),
  ];
  return {
    title: "Writing and deleting",
    notes: [
      `${
        whole(sizes[0].writes.chunks)
      } chunks of the largest tenant, in eleven documents of which one has 2,000; medians of the rounds. By the pipeline's functions: chunks with search_text into the staging table, vectors in batches of 128, then the activation. By copy: the same finished rows from a file on the server into the same table with its indexes. A deletion is the API's; then a vacuum of the table.` +
      "",
    ],
    tables: [{
      columns: [
        { title: "" },
        ...sizes.map(({ chunks }) => right(`of ${whole(chunks)}`)),
      ],
      rows: [
        [
          "chunks/s, by the pipeline's functions",
          ...of(({ writes }) => formatRate(middle(writes.product))),
        ],
        [
          "chunks/s, by copy",
          ...of(({ writes }) => formatRate(middle(writes.copy))),
        ],
        ["chunk, per chunk", ...of(({ writes }) => formatMs(writes.steps.cut))],
        [
          "embed, per chunk",
          ...of(({ writes }) => formatMs(writes.steps.embed)),
        ],
        [
          "activate, per chunk",
          ...of(({ writes }) => formatMs(writes.steps.switch)),
        ],
        ...deleted.flatMap((chunks) => {
          const find = ({ writes }: SizeResult) => writes.deletes.find((each) => each.chunks === chunks);
          return [
            [
              `delete a document of ${whole(chunks)}`,
              ...of((size) => formatMs(find(size)?.ms)),
            ],
            [
              "the vacuum after it",
              ...of((size) => formatMs(find(size)?.vacuumMs)),
            ],
          ];
        }),
      ],
    }],
  };
}
