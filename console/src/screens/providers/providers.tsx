import { useOperator } from "../../operator.ts";
import { Empty, ErrorNotice, Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { useMayAct } from "../../session_context.ts";
import { SettingChanges } from "../../settings/setting_changes.tsx";
import { ProviderPanel } from "./provider_panel.tsx";
import "./providers.css";

/** Buckets drain and probes become due without a move of a document. */
const EVERY_MS = 3_000;

export default function Providers() {
  const providers = useOperator("providers", {}, { everyMs: EVERY_MS });
  const settings = useOperator("settings", { p_setting: "providers" });
  const mayAct = useMayAct();
  return (
    <Page title="Providers">
      <Read query={providers}>
        {(providers) =>
          providers.length === 0 ? <Empty>No stage calls a provider.</Empty> : (
            <div class="providers">
              {providers.map((provider) => (
                <ProviderPanel
                  key={provider.provider}
                  provider={provider}
                  mayAct={mayAct}
                  settings={(settings.data ?? []).filter(({ row_key }) => row_key === provider.provider)}
                />
              ))}
            </div>
          )}
      </Read>
      <ErrorNotice error={settings.error} retry={() => void settings.refetch()} />
      <SettingChanges title="Latest changes of rates" table="providers" />
    </Page>
  );
}
