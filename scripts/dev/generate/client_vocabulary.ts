import {
  FAILURES,
  HTTP_ERRORS,
  NOTICES,
  SEARCH_REASONS,
  WAITING_FOR,
  WARNINGS,
} from "../../../supabase/functions/_shared/error_codes.ts";
import type { Product, Sources } from "./product.ts";
import { readStates, readStatuses } from "./vocabulary.ts";

/** client/src/vocabulary.ts: every status, state and code that the API answers. */
export async function clientVocabulary({ sql }: Sources): Promise<Product> {
  const statuses = await readStatuses(sql);
  const states = await readStates(sql);
  return {
    path: "client/src/vocabulary.ts",
    text:
      `// Written by npm run generate from the migrations and supabase/functions/_shared/error_codes.ts. Change those.

/**
 * The known words, and any other: a server newer than this client may have more. An editor completes the known ones; a
 * \`switch\` over them needs a \`default\`.
 */
export type Open<Known extends string> = Known | (string & Record<never, never>);

${
        words(
          "STATUSES",
          "Status",
          "The statuses of a document, in their order; then those of a document that did not become complete.",
          statuses,
        )
      }

${
        words(
          "STATES",
          "State",
          "Whether a document waits, is worked on, failed for now, or is over: \`done\` or \`deadletter\`.",
          states,
        )
      }

/** The codes of the API's errors. */
export const API_CODES = ${JSON.stringify(Object.keys(HTTP_ERRORS))} as const;
export type KnownApiCode = typeof API_CODES[number];
/** One of these, or the code of a failed service in lower case. */
export type ApiCode = Open<KnownApiCode | Lowercase<KnownFailureCode>>;

${words("FAILURE_CODES", "FailureCode", "Why a document failed: \`last_error.code\`.", Object.keys(FAILURES))}

${words("WARNING_CODES", "WarningCode", "What a complete document lacks: \`warnings\`.", Object.keys(WARNINGS))}

${
        words(
          "WAITING_CODES",
          "WaitingReason",
          "Why a document waits, if not for a worker or for a failed service.",
          Object.keys(WAITING_FOR),
        )
      }
/** \`waiting_for\`: one of these, or the code of a failed service. */
export type WaitingCode = Open<KnownWaitingReason | KnownFailureCode>;

${words("NOTICE_CODES", "NoticeCode", "How a question was interpreted: \`notices\` of a search.", Object.keys(NOTICES))}

${
        words(
          "SEARCH_REASONS",
          "SearchReason",
          "Why a search found, or did not find, a passage.",
          Object.keys(SEARCH_REASONS),
        )
      }

/** How a search compares; the answer names the mode in which it was actually done. */
export type SearchMode = "hybrid" | "vector" | "text";
`,
  };
}

function words(constant: string, type: string, about: string, names: string[]): string {
  return `/** ${about} */
export const ${constant} = ${JSON.stringify(names)} as const;
export type Known${type} = typeof ${constant}[number];
export type ${type} = Open<Known${type}>;`;
}
