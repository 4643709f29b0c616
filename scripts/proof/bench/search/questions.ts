import { below, type Chance, chanceOf, oneOf } from "./chance.ts";
import { chunkSeed, chunkWords, commonWords, type Document, type Tenant, TOPICS } from "./corpus.ts";
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
  /** The documents of a narrowed search: at most ten, including the target's. */
  documents: Document[];
}

/** The kinds, for the report. */
export const KINDS_SAID =
  "mixed: two topic words, a rare one and three stop words; common: four words, each in one chunk in six; rare: two words or codes that hardly any other chunk has; misspelt: a rare word and a topic word with one letter exchanged; off-topic: four words and the direction of a topic that the tenant lacks. All but the last are about one chunk of the tenant.";

/** Different questions of a tenant, of every kind in turn. Another round has other questions. */
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
      misspelt: () => `${misspelt(chance, topical())} ${misspelt(chance, rare())}`,
    }[kind]();
    return {
      kind,
      text,
      vector: questionVector(pools, chance, seed),
      documents,
    };
  });
}

/** The index of the document of a tenant's chunk. */
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
