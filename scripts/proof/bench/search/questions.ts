import { below, type Chance, chanceOf, oneOf } from "./chance.ts";
import {
  chunkSeed,
  chunkWords,
  commonWords,
  type Document,
  type Tenant,
  TOPICS,
} from "./corpus.ts";
import { misspelt, spelling, topicRank } from "./words.ts";
import { type Pools, questionVector, topicVector } from "./vectors.ts";

export const KINDS = [
  "mixed",
  "common",
  "rare",
  "misspelt",
  "off-topic",
] as const;
export type QuestionKind = typeof KINDS[number];

export interface Question {
  kind: QuestionKind;
  text: string;
  vector: Float32Array;
  /** Among which a narrowed search looks: ten at most, with the one that it asks about. */
  documents: Document[];
}

/** What the kinds are, for the report. */
export const KINDS_SAID =
  "mixed: two words of the topic, a rare one and three that English leaves out; common: four words of which one chunk in six has each; " +
  "rare: two words or codes that hardly another chunk has; misspelt: one of those and one of the topic, with a letter exchanged; " +
  "off-topic: four words of a topic, and its direction, that the tenant has nothing of. All but the last ask about one chunk of the tenant's.";

/** So many different questions of a tenant, of every kind in turn. Another round asks others. */
export function makeQuestions(
  pools: Pick<Pools, "get">,
  tenant: Tenant,
  count: number,
  round: number,
): Question[] {
  return Array.from({ length: count }, (_, i) => {
    const chance = chanceOf(5, tenant.no, round, i);
    const kind = KINDS[i % KINDS.length];
    const document = ofChunk(tenant, below(chance, tenant.chunks));
    const documents = [
      ...new Set([
        document,
        ...Array.from({ length: 9 }, () => oneOf(chance, tenant.documents)),
      ]),
    ];
    if (kind === "off-topic") {
      const topic = foreignTopic(tenant, chance);
      const text = Array.from(
        { length: 4 },
        () => spelling(topicRank(chance, topic)),
      ).join(" ");
      return {
        kind,
        text,
        vector: topicVector(pools, chance, topic),
        documents,
      };
    }
    const seed = chunkSeed(tenant, document, below(chance, document.chunks));
    const words = chunkWords(seed);
    const topical = () => oneOf(chance, words.topical);
    const rare = () => oneOf(chance, words.rare);
    const text = {
      mixed: () => `what is the ${topical()} of ${rare()} ${topical()}`,
      common: () => commonWords(chance, 4).join(" "),
      rare: () => `${rare()} ${rare()}`,
      misspelt: () =>
        `${misspelt(chance, topical())} ${misspelt(chance, rare())}`,
    }[kind]();
    return {
      kind,
      text,
      vector: questionVector(pools, chance, seed),
      documents,
    };
  });
}

/** The document that a chunk of a tenant's belongs to, counted from the tenant's first. */
function ofChunk(tenant: Tenant, place: number): Document {
  const first = tenant.documents[0].firstChunk;
  let [low, high] = [0, tenant.documents.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tenant.documents[middle].firstChunk - first <= place) low = middle;
    else high = middle - 1;
  }
  return tenant.documents[low];
}

function foreignTopic(tenant: Tenant, chance: Chance): number {
  for (;;) {
    const topic = below(chance, TOPICS);
    if (!tenant.topics.includes(topic)) return topic;
  }
}
