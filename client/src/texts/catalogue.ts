import type { KnownClientCode } from "../error_codes.ts";
import type { UploadState, UploadWait } from "../upload_task.ts";
import type {
  KnownApiCode,
  KnownFailureCode,
  KnownNoticeCode,
  KnownSearchReason,
  KnownState,
  KnownStatus,
  KnownWaitingReason,
  KnownWarningCode,
} from "../vocabulary.ts";

/** Sentences of which the language's plural rules choose one, by the value `count`. */
export type Plural = { readonly other: string } & { readonly [Rule in Exclude<Intl.LDMLPluralRule, "other">]?: string };

export type Form = string | Plural;

/**
 * What a user reads. `{name}` stands for a value. Of several forms the first is taken whose values are all known, so the
 * last one has no values that may be missing.
 */
export type Text = Form | readonly Form[];

/** All texts in one language. It is plain data: it may come from a JSON file. */
export interface Catalogue {
  /** By its BCP 47 tag: it decides plural forms, and how numbers, dates and times are written. */
  language: string;
  /** Why a call failed. Values: `when`, `date`, `size`, `count`, `pages`, `version`, `reason`, `reference` … */
  errors: Readonly<Record<KnownApiCode | KnownClientCode, Text>>;
  /** Why a document failed. Value: `reference`. */
  failures: Readonly<Record<KnownFailureCode, Text>>;
  /** Why a document waits. Value: `position`. */
  waiting: Readonly<Record<KnownWaitingReason, Text>>;
  statuses: Readonly<Record<KnownStatus, Text>>;
  states: Readonly<Record<KnownState, Text>>;
  /** What a document lacks. Values: `pages`, and `count` of them. */
  warnings: Readonly<Record<KnownWarningCode, Text>>;
  /** How a question was interpreted. Values: `word`, `takenFor`, `words`, and `count` of them. */
  notices: Readonly<Record<KnownNoticeCode, Text>>;
  /** Why a search found, or did not find, a passage. */
  searchReasons: Readonly<Record<KnownSearchReason, Text>>;
  /** Where an upload is. Values: `filename`, `percent`. */
  uploads: Readonly<Record<UploadState, Text>>;
  /** What an upload waits for. Value: `filename`. */
  uploadWaits: Readonly<Record<UploadWait, Text>>;
  general: {
    /** For the codes that this version of the client does not know: each names the `code`. Also `reference`. */
    unknownError: Text;
    unknownFailure: Text;
    unknownWaiting: Text;
    unknownStatus: Text;
    unknownState: Text;
    unknownWarning: Text;
    unknownNotice: Text;
    unknownSearchReason: Text;
    unknownUpload: Text;
    /** A document waits for a service that does not answer. */
    serviceAway: Text;
    /** A document is tried again after a failure. Value: `when`. */
    triedAgain: Text;
    /** A document is complete as before, because reading its pages again failed. Value: `reason`. */
    reparseFailed: Text;
    /** Between the last two items of a list. */
    and: string;
  };
}

/** Every kind of text that is looked up by a code. */
export type Kind = Exclude<keyof Catalogue, "language" | "general">;
