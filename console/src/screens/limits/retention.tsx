import { useState } from "preact/hooks";
import { useOperator } from "../../operator.ts";
import { Read } from "../../parts/notices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { useMayAct } from "../../session_context.ts";
import { ChangeSettings } from "../../settings/change_settings.tsx";
import { SettingList } from "../../settings/setting_list.tsx";

/** How long history is kept. */
export function Retention({ words }: { words: string }) {
  const retention = useOperator("settings", { p_setting: "retention" });
  const [changed, setChanged] = useState<string>();
  const mayAct = useMayAct();
  return (
    <Read query={retention}>
      {(settings) => {
        const days = settings.filter(({ column_name, row_key, description }) =>
          column_name === "days" && `retention ${row_key} ${description}`.toLowerCase().includes(words.toLowerCase())
        );
        if (days.length === 0) return null;
        return (
          <Panel title="Retention">
            <SettingList
              label="Retention"
              table="retention"
              settings={days}
              nameOf={({ row_key }) => row_key}
              actionOf={mayAct
                ? ({ row_key }) => (
                  <button
                    type="button"
                    aria-label={`Change ${row_key}`}
                    onClick={() => setChanged(row_key)}
                  >
                    Change …
                  </button>
                )
                : undefined}
            />
            <ChangeSettings
              title={`Retention of ${changed}`}
              table="retention"
              settings={settings.filter(({ row_key }) => row_key === changed)}
              isOpen={changed !== undefined}
              onClose={() => setChanged(undefined)}
            />
          </Panel>
        );
      }}
    </Read>
  );
}
