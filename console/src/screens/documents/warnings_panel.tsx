import { useOperator } from "../../operator.ts";
import { shownName } from "../../parts/name.tsx";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";

/** What a complete document lacks. Nothing is shown where it lacks nothing. */
export function WarningsPanel({ documentId }: { documentId: string }) {
  const warnings = useOperator("document_warnings", { p_document_id: documentId });
  if (warnings.data?.length === 0) return null;
  return (
    <Panel title="Warnings">
      <Read query={warnings}>
        {(rows) => (
          <ul class="stack">
            {rows.map(({ code, message, pages, remedy }) => (
              <li key={code} class="notice warn">
                <div class="stack">
                  <p>
                    <code>{code}</code> {shownName(message)}
                  </p>
                  <p class="muted">
                    Pages {pages.join(", ")}. {code === "PAGES_CUT" ? "Its owner can mend it" : "To do"}:{" "}
                    {shownName(remedy)}. Its owner can do this on their own screen as well.
                  </p>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Read>
    </Panel>
  );
}
