import { z } from "zod";
import { fields } from "../../_shared/fields.ts";

/** ISO 639-1: what Postgres can stem, and what else a document's language can be detected as. */
export const SEARCH_LANGUAGES = [
  ..."ar ca cs da de el en es eu fi fr ga he hi hu hy id it ja ko lt ne nl no pl pt ro ru sr sv ta th tr uk vi yi zh"
    .split(" "),
];

const weight = z.number().min(0).max(1);

export const searchRequest = fields({
  query: z.string().trim().min(1).max(2000).transform((text) =>
    // Postgres text holds neither NUL nor half a surrogate pair.
    text.replaceAll("\0", " ").toWellFormed()
  ).meta({
    description:
      'Words or a question. `"in quotes"` must be found as it stands, what has a `-` before it must not; the last word may be unfinished.',
  }),
  k: z.int().min(1).max(50).default(8).meta({
    description: "How many passages a page has.",
  }),
  mode: z.enum(["hybrid", "vector", "text"]).default("hybrid").meta({
    description: "By meaning and words, by meaning alone, or by words alone.",
  }),
  document_ids: z.array(z.guid()).min(1).max(100).optional().meta({
    description: "Only in these.",
  }),
  min_score: z.number().min(0).max(1).optional().meta({
    description: "No passage with a lower score.",
  }),
  min_similarity: z.number().min(-1).max(1).optional().meta({
    description:
      "No passage whose meaning is further from the question's: the cosine of the two vectors. Not with mode `text`.",
  }),
  expand: z.int().min(0).max(2).default(0).meta({
    description:
      "How many passages before and after each, in its document, come with it.",
  }),
  max_per_document: z.int().min(1).max(50).optional().meta({
    description: "No more passages of one document than these.",
  }),
  weights: fields({ words: weight.optional(), meaning: weight.optional() })
    .refine(
      ({ words, meaning }) => words !== 0 || meaning !== 0,
      "must not both be 0",
    ).optional().meta({
      description:
        "What words and meaning count for in the score. One that is left out is as by default. With mode `hybrid` only.",
    }),
  language: z.enum(SEARCH_LANGUAGES).optional().meta({
    description: "The question's, in ISO 639-1; by default it is guessed.",
  }),
  cursor: z.string().min(1).max(500).optional().meta({
    description:
      "The `next_cursor` of the page before, with the same request otherwise.",
  }),
  explain: z.union([z.boolean(), z.guid()], {
    error: "must be true, false or the id of a chunk",
  }).default(false).meta({
    description:
      "Whether each passage says how it came by its score; or the id of a chunk, to be told why that was or was not found.",
  }),
}).superRefine(({ mode, min_similarity, weights }, context) => {
  if (mode === "text" && min_similarity !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["min_similarity"],
      message: "has no effect with mode text, which compares words alone",
    });
  }
  if (mode !== "hybrid" && weights !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["weights"],
      message: `has no effect with mode ${mode}, which has nothing to weigh`,
    });
  }
});

export type SearchRequest = z.infer<typeof searchRequest>;
