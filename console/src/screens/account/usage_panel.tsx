import { useQuery } from "@tanstack/preact-query";
import { useId } from "preact/hooks";
import type { Limits } from "supabase-document-pipeline-client";
import { useErrorText } from "../../auth_errors.ts";
import { formatBytes, formatCents, formatNumber, formatTime } from "../../format.ts";
import { useTexts } from "../../language.ts";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { pipeline } from "../../pipeline.ts";
import { TEXTS } from "./texts.ts";

/** The limits, and what is used of them. */
export function UsagePanel() {
  const t = useTexts(TEXTS);
  const errorText = useErrorText();
  const limits = useQuery({ queryKey: ["limits"], queryFn: ({ signal }) => pipeline().limits({ signal }) });
  return (
    <Panel title={t.usage}>
      <Read query={{ ...limits, error: limits.error && new Error(errorText(limits.error)) }}>
        {(limits) => <Usage limits={limits} />}
      </Read>
    </Panel>
  );
}

function Usage({ limits }: { limits: Limits }) {
  const t = useTexts(TEXTS);
  const { used, monthly_budget: budget } = limits;
  return (
    <>
      <Used label={t.documents} used={used.documents} of={limits.documents_per_user} format={formatNumber} />
      <Used label={t.space} used={used.bytes} of={limits.bytes_per_user} format={formatBytes} />
      <Used
        label={t.uploadsToday}
        used={used.uploads_today}
        of={limits.uploads_per_user_per_day}
        format={formatNumber}
      />
      <Used label={t.pagesToday} used={used.pages_today} of={limits.pages_per_user_per_day} format={formatNumber} />
      {budget
        ? (
          <>
            <Used
              label={t.budget}
              used={budget.spent_cents}
              of={budget.monthly_cents}
              format={formatCents}
              more={budget.reserved_cents > 0 ? t.reserved(formatCents(budget.reserved_cents)) : ""}
            />
            <small>{t.renewed(formatTime(budget.resets_at))}</small>
          </>
        )
        : <p class="muted">{t.noBudget}</p>}
      <small>{t.files(formatBytes(limits.max_file_bytes), formatNumber(limits.max_pages))}</small>
    </>
  );
}

interface UsedProps {
  label: string;
  used: number;
  of: number;
  format(value: number): string;
  more?: string;
}

/** A bar, and the same in words. */
function Used({ label, used, of, format, more = "" }: UsedProps) {
  const t = useTexts(TEXTS);
  const id = useId();
  return (
    <div class="used">
      <span id={id}>{label}</span>
      <span class="end">{t.used(format(used), format(of))}{more}</span>
      <progress
        aria-labelledby={id}
        max={Math.max(of, 1)}
        value={Math.min(used, of)}
        class={used >= of ? "full" : ""}
      />
    </div>
  );
}
