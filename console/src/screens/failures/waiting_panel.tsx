import { useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Functions } from "../../database.types.ts";
import { formatNumber } from "../../format.ts";
import { callOperator, OPERATOR_KEY, useOperator } from "../../operator.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { shownName } from "../../parts/name.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { toast } from "../../parts/toasts.tsx";
import { hrefOf } from "../../route.ts";
import { useMayAct } from "../../session_context.ts";
import { retryAll } from "./retry_all.ts";

type Waiting = Functions["waiting"]["Returns"][number];

/** Documents that will be tried again by themselves, and may be tried at once. */
export function WaitingPanel({ filter }: { filter: Functions["waiting"]["Args"] }) {
  const waiting = useOperator("waiting", filter);
  const client = useQueryClient();
  const mayAct = useMayAct();
  const [chosen, setChosen] = useState<Waiting>();
  const [isOpen, setOpen] = useState(false);
  const retry = async () => {
    try {
      const count = await retryAll((args) => callOperator("retry_waiting", args), { ...filter, p_code: chosen!.code });
      toast(`${formatNumber(count)} due now.`);
    } finally {
      void client.invalidateQueries({ queryKey: [OPERATOR_KEY] });
    }
  };
  return (
    <Panel title="Waiting for the next attempt">
      <Read query={waiting}>
        {(rows) => (
          <Table
            label="Waiting for the next attempt"
            rows={rows}
            keyOf={({ code }) => code}
            columns={[
              {
                title: "Reason",
                cell: ({ code, stages, example_message }) => (
                  <>
                    <code>{code}</code> <span class="muted">at {stages.join(", ")}: {shownName(example_message)}</span>
                  </>
                ),
              },
              {
                title: "Documents",
                align: "end",
                cell: ({ code, document_count }) => (
                  <a href={hrefOf(["documents"], { state: "retryable", code, user_id: filter.p_user_id })}>
                    {formatNumber(document_count)}
                  </a>
                ),
              },
              { title: "Users", align: "end", cell: ({ user_count }) => formatNumber(user_count) },
              { title: "First", cell: ({ next_at }) => <Time at={next_at} /> },
              { title: "Last", cell: ({ last_at }) => <Time at={last_at} /> },
              {
                title: "Act",
                cell: (row) => (
                  <button
                    type="button"
                    disabled={!mayAct}
                    aria-label={`Retry ${row.code} now`}
                    aria-describedby={mayAct ? undefined : "may-not-act"}
                    onClick={() => {
                      setChosen(row);
                      setOpen(true);
                    }}
                  >
                    Retry now
                  </button>
                ),
              },
            ]}
            empty="No document waits for another attempt."
          />
        )}
      </Read>
      {chosen && (
        <Confirm
          title={`Retry ${chosen.code} now`}
          isOpen={isOpen}
          onClose={() => setOpen(false)}
          action="Retry now"
          act={retry}
        >
          <p>
            {formatNumber(chosen.document_count)} documents become due at once, instead of the last of them{" "}
            <Time at={chosen.last_at} />. It costs what their next attempts cost anyway, and each counts as an attempt:
            a document without one left is given up if it fails.
          </p>
        </Confirm>
      )}
    </Panel>
  );
}
