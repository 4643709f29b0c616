import { useOperator } from "../../operator.ts";
import { useOperatorPages } from "../../operator_pages.ts";
import { Choice } from "../../parts/choice.tsx";
import { MomentField } from "../../parts/moment_field.tsx";
import { More } from "../../parts/more.tsx";
import { ErrorNotice, Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { TypedField } from "../../parts/typed_field.tsx";
import { UserField } from "../../parts/user_field.tsx";
import { hrefOf, setParams, useRoute } from "../../route.ts";
import { AuditTable } from "./audit_table.tsx";
import { argsOf, type Filter, filterOf, operatorsOf } from "./filter.ts";
import "./audit.css";

/** Who did what, when, and from which network. */
export default function Audit() {
  const filter = filterOf(useRoute().params);
  const entries = useOperatorPages("audit_entries", argsOf(filter), {
    size: 50,
    after: ({ happened_at, audit_no }) => ({ p_before_at: happened_at, p_before_no: audit_no }),
  });
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Page title="Audit log">
      <FilterForm filter={filter} />
      <Read query={entries}>
        {(rows) => (
          <div class="panel" aria-busy={entries.isPlaceholderData}>
            <AuditTable
              entries={rows}
              empty={isFiltered
                ? (
                  <>
                    No entry matches. <a href={hrefOf(["audit"])}>Show all entries</a>
                  </>
                )
                : "Nothing has been recorded yet."}
            />
            <More pages={entries} />
          </div>
        )}
      </Read>
    </Page>
  );
}

function FilterForm({ filter }: { filter: Filter }) {
  const values = useOperator("audit_filters", {});
  const { actors = [], actions = [], operators: people = [] } = values.data?.[0] ?? {};
  const operators = operatorsOf(people);
  const set = (name: keyof Filter) => (value: string) => setParams({ [name]: value });
  return (
    <form role="search" aria-label="Audit entries" class="stack" onSubmit={(event) => event.preventDefault()}>
      <ErrorNotice error={values.error} />
      <div class="filters">
        <Choice label="Action" values={actions} value={filter.action ?? ""} onValue={set("action")} />
        <Choice label="Actor" values={actors} value={filter.actor ?? ""} onValue={set("actor")} />
        <Choice
          label="Operator"
          values={Object.keys(operators)}
          textOf={(id) => operators[id] ?? id}
          value={filter.operator ?? ""}
          onValue={set("operator")}
        />
        <UserField userId={filter.user ?? ""} onUserId={set("user")} />
        <TypedField
          label="Document or job"
          placeholder="id"
          value={filter.subject ?? ""}
          onValue={set("subject")}
        />
        <MomentField label="From" value={filter.from ?? ""} onValue={set("from")} />
        <MomentField label="Before" value={filter.to ?? ""} onValue={set("to")} />
      </div>
    </form>
  );
}
