import { lazy, Suspense } from "preact/compat";
import { Dialog } from "../../parts/dialog.tsx";
import { Loading } from "../../parts/notices.tsx";
import { ScreenBoundary } from "../../parts/screen_boundary.tsx";
import { setParams, useRoute } from "../../route.ts";

const RunbookSection = lazy(() => import("./runbook_section.tsx"));

/** The runbook's section that the address names. */
export function RunbookDialog() {
  const rule = useRoute().params.get("runbook") ?? "";
  const close = () => setParams({ runbook: null });
  return (
    <Dialog title={rule} isOpen={rule !== ""} onClose={close}>
      <ScreenBoundary key={rule}>
        <Suspense fallback={<Loading />}>
          <RunbookSection rule={rule} />
        </Suspense>
      </ScreenBoundary>
      <div class="actions end">
        <button type="button" onClick={close}>Close</button>
      </div>
    </Dialog>
  );
}
