import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useErrorText } from "../../auth_errors.ts";
import { formatNumber, formatTime } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Field } from "../../parts/field.tsx";
import { ErrorNotice, Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { toast } from "../../parts/toasts.tsx";
import { TEXTS } from "./texts.ts";
import { allowSupportAccess, readSupportAccess, SUPPORT_KEY, withdrawSupportAccess } from "./user_functions.ts";

/** Whether operators may try searches on the user's documents, and who did. */
export function SupportPanel() {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const client = useQueryClient();
  const access = useQuery({ queryKey: SUPPORT_KEY, queryFn: readSupportAccess });
  const onSettled = () => client.invalidateQueries({ queryKey: SUPPORT_KEY });
  const allow = useMutation({ mutationFn: allowSupportAccess, onSettled, onSuccess: () => toast(t.allowed) });
  const withdraw = useMutation({ mutationFn: withdrawSupportAccess, onSettled, onSuccess: () => toast(t.withdrawn) });
  const error = allow.error ?? withdraw.error;
  const submit = (event: Event) => {
    event.preventDefault();
    withdraw.reset();
    allow.mutate(Number(new FormData(event.currentTarget as HTMLFormElement).get("days")));
  };
  return (
    <Panel title={t.support}>
      <p>{t.supportAbout}</p>
      <Read query={{ ...access, error: access.error && new Error(errorText(access.error)) }}>
        {({ is_in_force, until, uses }) => (
          <>
            <p class={`notice ${is_in_force ? "warn" : "quiet"}`} role="status">
              {is_in_force && until ? t.supportOn(formatTime(until)) : t.supportOff}
            </p>
            <form class="filters" onSubmit={submit}>
              <Field label={t.days}>
                <input name="days" type="number" min={1} max={30} step={1} defaultValue="7" required />
              </Field>
              <button type="submit" disabled={allow.isPending}>{is_in_force ? t.extend : t.allow}</button>
              {is_in_force && (
                <button
                  type="button"
                  class="danger"
                  disabled={withdraw.isPending}
                  onClick={() => {
                    allow.reset();
                    withdraw.mutate();
                  }}
                >
                  {t.withdraw}
                </button>
              )}
            </form>
            <h3>{t.uses}</h3>
            <Table
              label={t.uses}
              rows={uses}
              keyOf={({ used_at }) => used_at}
              empty={t.noUse}
              columns={[
                { title: t.when, cell: ({ used_at }) => <Time at={used_at} /> },
                { title: t.who, cell: ({ operator }) => t.operator(operator) },
                { title: t.passages, align: "end", cell: ({ hits }) => formatNumber(hits) },
              ]}
            />
          </>
        )}
      </Read>
      <ErrorNotice error={error} text={error ? errorText(error) : undefined} />
    </Panel>
  );
}
