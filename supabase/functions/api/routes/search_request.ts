import { z } from "zod";
import { fields } from "../../_shared/fields.ts";

/** ISO 639-1: the languages that Postgres can stem, and those that are detected in documents. */
export const SEARCH_LANGUAGES = [
  ..."ar ca cs da de el en es eu fi fr ga he hi hu hy id it ja ko lt ne nl no pl pt ro ru sr sv ta th tr uk vi yi zh"
    .split(" "),
];

const weight = z.number().min(0).max(1);

export const searchRequest = fields({
  query: z.string().trim().min(1).max(2000).transform((text) =>
    // Postgres text accepts neither NUL nor a lone surrogate.
    text.replaceAll("\0", " ").toWellFormed()
  ).meta({
    description: 'Words or a question. `"in quotes"` must be found literally, a word ' +
      "after `-` must not be found; the last word may be incomplete.",
  }),
  k: z.int().min(1).max(50).default(8).meta({
    description: "Passages per page.",
  }),
  mode: z.enum(["hybrid", "vector", "text"]).default("hybrid").meta({
    description: "Compare meaning and words, only meaning, or only words.",
  }),
  document_ids: z.array(z.guid()).min(1).max(100).optional().meta({
    description: "Search only these documents.",
  }),
  min_score: z.number().min(0).max(1).optional().meta({
    description: "The lowest score of a result.",
  }),
  min_similarity: z.number().min(-1).max(1).optional().meta({
    description: "The lowest similarity of a result: the cosine of its vector and " +
      "the question's. Not with mode `text`.",
  }),
  expand: z.int().min(0).max(2).default(0).meta({
    description: "How many passages before and after each result, in its document, " +
      "to return with it.",
  }),
  max_per_document: z.int().min(1).max(50).optional().meta({
    description: "The most results from one document.",
  }),
  weights: fields({ words: weight.optional(), meaning: weight.optional() })
    .refine(
      ({ words, meaning }) => words !== 0 || meaning !== 0,
      "must not both be 0",
    ).optional().meta({
      description: "The weights of words and meaning in the score; each has a " +
        "default. Only with mode `hybrid`.",
    }),
  language: z.enum(SEARCH_LANGUAGES).optional().meta({
    description: "The question's language, in ISO 639-1; detected by default.",
  }),
  cursor: z.string().min(1).max(500).optional().meta({
    description: "The `next_cursor` of the page before; the rest of the request must " +
      "be the same.",
  }),
  explain: z.union([z.boolean(), z.guid()], {
    error: "must be true, false or the id of a chunk",
  }).default(false).meta({
    description: "Whether each result explains its score; or the id of a chunk, to " +
      "explain why it was or was not found.",
  }),
}).superRefine(({ mode, min_similarity, weights }, context) => {
  if (mode === "text" && min_similarity !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["min_similarity"],
      message: "has no effect with mode text, which compares only words",
    });
  }
  if (mode !== "hybrid" && weights !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["weights"],
      message: `has no effect with mode ${mode}, which has no weights`,
    });
  }
});

export type SearchRequest = z.infer<typeof searchRequest>;
