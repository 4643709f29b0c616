import { formatBytes, formatCents, formatNumber } from "../../format.ts";
import { useOperator } from "../../operator.ts";
import { Empty, Read } from "../../parts/notices.tsx";
import { Numbers } from "../../parts/numbers.tsx";
import { Panel } from "../../parts/panel.tsx";

/** Whether reservations are about what is charged: they decide which documents a budget admits. */
export function Expectation() {
  const expectation = useOperator("cost_expectation", { p_count: 200 });
  return (
    <Panel title="Expected and charged">
      <Read query={expectation}>
        {(
          [{ document_count, by_size_cents, by_pages_cents, charged_cents, bytes_per_page, expected_bytes_per_page }],
        ) =>
          document_count === 0 ? <Empty>No document with charges is complete yet.</Empty> : (
            <>
              <p class="muted">
                Of the last{" "}
                {document_count === 1 ? "completed document" : `${formatNumber(document_count)} completed documents`}
                {" "}
                whose parse was charged. What was charged includes every parse of their lives.
              </p>
              <Numbers
                items={[
                  {
                    label: "Expected by size",
                    value: formatCents(by_size_cents),
                    note: `before the parse; ${share(by_size_cents, charged_cents)} of what was charged`,
                  },
                  {
                    label: "Expected by pages",
                    value: formatCents(by_pages_cents),
                    note: `at present prices; ${share(by_pages_cents, charged_cents)} of what was charged`,
                  },
                  { label: "Charged", value: formatCents(charged_cents) },
                  {
                    label: "Bytes of a page",
                    value: bytes_per_page === null ? "–" : formatBytes(Number(bytes_per_page)),
                    note: `expected: ${formatBytes(expected_bytes_per_page)}`,
                  },
                ]}
              />
            </>
          )}
      </Read>
    </Panel>
  );
}

function share(part: number, whole: number): string {
  return Number(whole) === 0 ? "–" : `${formatNumber((100 * part) / whole)} %`;
}
