import type { Json } from "../database.types.ts";
import type { SettingTable } from "./setting.ts";

export interface Change {
  table: SettingTable;
  /** The row's key: a stage, a provider, a category. */
  row: string;
  column: string;
  from: Json;
  to: Json;
  /** The values of the row as they will be. */
  after: Record<string, Json>;
}

/** What a change does beyond what the column's meaning says; sentences for operators. */
export function effectsOf(change: Change): string[] {
  const { table, column } = change;
  const of = EFFECTS[table][column];
  return [...of?.(change) ?? [], ...table === "retention" ? retention(change) : []];
}

type Effect = (change: Change) => string[];

const when = (condition: boolean, sentence: string): string[] => condition ? [sentence] : [];
const number = (value: Json | undefined): number => typeof value === "number" ? value : NaN;
const isRaised = ({ from, to }: Change) => number(to) > number(from);
const isLowered = ({ from, to }: Change) => number(to) < number(from);

const COVERED = "New documents that it does not cover are refused, and registered ones wait until the next month.";
const lowersForUsers = (what: string): Effect => (change) =>
  when(isLowered(change), `Users beyond it keep ${what}, and add none until they are below it.`);
const lowersRate: Effect = (change) =>
  when(isLowered(change), "Clients that are beyond it now are refused (429) until their window ends.");

const STAGES: Record<string, Effect> = {
  max_attempts: (change) =>
    when(isLowered(change), `Documents that have used ${change.to} attempts here are given up at their next claim.`),
  lease_seconds: (change) => [
    ...when(
      number(change.to) < 10,
      "A worker that stalls for this long loses its documents: another attempt begins, and the work is done twice.",
    ),
    ...when(number(change.to) > 300, "A document whose worker died waits for this long before another claims it."),
  ],
  slots: (change) => [
    ...when(
      isRaised(change),
      "An invocation holds this many documents in memory at once; hosted functions have 256 MB.",
    ),
    ...when(
      number(change.to) < number(change.after.batch),
      "It is less than batch: claimed documents wait in the worker while their lease runs.",
    ),
  ],
  batch: (change) =>
    when(
      number(change.to) > number(change.after.slots),
      "It is more than slots: claimed documents wait in the worker while their lease runs.",
    ),
  max_invocations: (change) =>
    when(
      isRaised(change),
      "Each invocation holds a connection of the database, and calls the stage's provider beside the others.",
    ),
  backoff_base_seconds: (change) =>
    when(number(change.to) < 1, "Retries come at once: a provider that throttles opens its circuit sooner."),
  jitter: (change) => when(change.to === 0, "Documents that failed together are retried together."),
  isolate_after: (change) =>
    when(
      number(change.to) < 2,
      "One unexplained loss of a worker isolates each document that it held; isolation processes one at a time.",
    ),
  max_lost: (change) =>
    when(isLowered(change), "Documents that lost this many workers are given up at their next loss."),
};

const LIMITS: Record<string, Effect> = {
  max_file_bytes: (change) =>
    when(
      isRaised(change),
      "Storage refuses files beyond the project's own limit (Storage, Settings), whatever this says.",
    ),
  max_text_bytes: (change) =>
    when(
      isRaised(change),
      "Chunking a megabyte takes about 0.3 s of the 2 s of CPU time that a hosted function has; beyond, it is killed.",
    ),
  max_failed_page_ratio: (change) =>
    when(
      isLowered(change),
      "Documents with more failed pages than this are given up, without the pages that were read.",
    ),
  active_documents_per_user: (change) =>
    isRaised(change)
      ? ["Waiting documents of every user begin with the next sweep, within seconds."]
      : when(isLowered(change), "Active documents go on; further ones wait until a user has fewer."),
  documents_per_user: lowersForUsers("their documents"),
  bytes_per_user: lowersForUsers("their files"),
  uploads_per_user_per_day: lowersRate,
  pages_per_user_per_day: (change) =>
    when(isLowered(change), "Documents of users beyond it wait until a day after the first of these pages."),
  status_polls_per_minute: lowersRate,
  requests_per_user_per_hour: lowersRate,
  upload_url_seconds: (change) =>
    change.to === 7200 ? [] : ["Storage's own signed URLs stay valid for 7200 seconds, whatever this says."],
  allowed_mime_types: (change) => {
    const after = Array.isArray(change.to) ? change.to : [];
    const removed = (Array.isArray(change.from) ? change.from : []).filter((type) => !after.includes(type));
    return when(removed.length > 0, `No further file is accepted as ${removed.join(", ")}; stored documents stay.`);
  },
  parse_deadline_seconds: (change) =>
    when(isLowered(change), "Parses that run for longer now are given up and submitted again once, at a cost."),
  first_poll_seconds: (change) =>
    when(number(change.to) < 2, "LlamaParse counts each poll as a request, also where its callback comes soon."),
  allow_anonymous_users: (change) =>
    when(
      change.to === true,
      "One person can create any number of such users, each with limits and a budget of its own.",
    ),
  required_consent_version: (change) =>
    change.to === null
      ? ["No user needs to have agreed to your terms."]
      : ["Users who have not agreed to this version upload nothing until they do. Your application must ask them."],
  wrong_passwords_per_account: (change) =>
    when(number(change.to) > 100, "An attacker may try this many passwords of one account in each window."),
  mfa_for_deletion: (change) =>
    when(change.to === true, "Users without a second factor must enrol one before they can delete their account."),
  monthly_budget_cents: (change) =>
    change.to === null
      ? ["Nothing bounds what all users together cost in a month."]
      : when(change.from === null || isLowered(change), COVERED),
  monthly_budget_cents_per_user: (change) =>
    change.to === null
      ? ["Nothing bounds what a user without a budget of their own costs in a month."]
      : when(change.from === null || isLowered(change), COVERED),
  expected_bytes_per_page: (change) =>
    when(isLowered(change), "More is reserved for each document, so that fewer fit into a budget at once."),
  live_status: (change) =>
    when(change.to === false, "Clients ask for each document's status every few seconds instead."),
};

const rate: Effect = (change) =>
  isRaised(change)
    ? ["Beyond what your account allows, the provider throttles, and its circuit opens for all workers."]
    : when(isLowered(change), "Documents wait for the bucket; this costs no attempt.");

const PROVIDERS: Record<string, Effect> = {
  requests_per_minute: rate,
  request_burst: rate,
  tokens_per_minute: rate,
  token_burst: rate,
};

function retention(change: Change): string[] {
  return when(
    isLowered(change),
    `The next purge, at minute 17 of each hour, deletes what is older than ${change.to} days. It cannot be undone.`,
  );
}

const EFFECTS: Record<SettingTable, Record<string, Effect>> = {
  limits: LIMITS,
  stages: STAGES,
  providers: PROVIDERS,
  retention: {},
};
