import { FAILURE_CODES, STATES, STATUSES, WARNING_CODES } from "supabase-document-pipeline-client";
import { Choice } from "../../parts/choice.tsx";
import { MomentField } from "../../parts/moment_field.tsx";
import { TypedField } from "../../parts/typed_field.tsx";
import { UserField } from "../../parts/user_field.tsx";
import { hrefOf, setParams } from "../../route.ts";
import type { Condition, Filter } from "./filters.ts";

/** Where operators look first. */
const SHORTCUTS: [text: string, filter: Filter][] = [
  ["All", {}],
  ["Working", { state: "working" }],
  ["Retrying", { state: "retryable" }],
  ["Given up", { state: "deadletter" }],
  ["Pages unread", { warning: "PAGES_UNREAD" }],
];

/** Changes the conditions in the address. */
export function FilterForm({ filter }: { filter: Filter }) {
  const set = (name: Condition) => (value: string) => setParams({ [name]: value });
  return (
    <form role="search" aria-label="Documents" class="stack" onSubmit={(event) => event.preventDefault()}>
      <nav class="row" aria-label="Often used filters">
        {SHORTCUTS.map(([text, conditions]) => (
          <a
            key={text}
            class="filter-chip"
            href={hrefOf(["documents"], conditions)}
            aria-current={isSame(conditions, filter) ? "true" : undefined}
          >
            {text}
          </a>
        ))}
      </nav>
      <div class="filters">
        <Choice label="Status" values={STATUSES} value={filter.status ?? ""} onValue={set("status")} />
        <Choice label="State" values={STATES} value={filter.state ?? ""} onValue={set("state")} />
        <TypedField
          label="Error code"
          value={filter.code ?? ""}
          onValue={(code) => setParams({ code: code.toUpperCase() })}
          suggestions={{ id: "failure-codes", values: FAILURE_CODES }}
        />
        <Choice label="Warning" values={WARNING_CODES} value={filter.warning ?? ""} onValue={set("warning")} />
        <UserField userId={filter.user_id ?? ""} onUserId={set("user_id")} />
        <TypedField label="Part of the name" value={filter.name ?? ""} onValue={set("name")} />
      </div>
      <details class="document-filters" open={TIMES.some(([name]) => filter[name] !== undefined)}>
        <summary>Times</summary>
        <div class="filters">
          {TIMES.map(([name, label]) => (
            <MomentField key={name} label={label} value={filter[name] ?? ""} onValue={set(name)} />
          ))}
        </div>
      </details>
    </form>
  );
}

const TIMES: [Condition, string][] = [
  ["created_from", "Registered from"],
  ["created_until", "Registered before"],
  ["updated_from", "Changed from"],
  ["updated_until", "Changed before"],
];

function isSame(one: Filter, other: Filter): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}
