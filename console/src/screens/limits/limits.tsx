import { useState } from "preact/hooks";
import { useOperator } from "../../operator.ts";
import { Field } from "../../parts/field.tsx";
import { Empty, Read } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Panel } from "../../parts/panel.tsx";
import { setParams, useRoute } from "../../route.ts";
import { useMayAct } from "../../session_context.ts";
import { ChangeSettings } from "../../settings/change_settings.tsx";
import { SettingChanges } from "../../settings/setting_changes.tsx";
import { SettingList } from "../../settings/setting_list.tsx";
import { found, type Group, grouped } from "./groups.ts";
import { Retention } from "./retention.tsx";
import { UserBudgets } from "./user_budgets.tsx";
import "./limits.css";

export default function Limits() {
  const limits = useOperator("settings", { p_setting: "limits" });
  const words = useRoute().params.get("q") ?? "";
  return (
    <Page title="Limits">
      <div class="filters">
        <Field label="Find a limit">
          <input type="search" value={words} onInput={(event) => setParams({ q: event.currentTarget.value })} />
        </Field>
      </div>
      <Read query={limits}>
        {(settings) => {
          const groups = grouped(settings);
          const shown = found(groups, words);
          return (
            <>
              {shown.length === 0 && <Empty>No limit has these words.</Empty>}
              {shown.map((group) => (
                <LimitsPanel
                  key={group.title}
                  group={group}
                  whole={groups.find(({ title }) => title === group.title)!}
                />
              ))}
            </>
          );
        }}
      </Read>
      <Retention words={words} />
      <UserBudgets />
      <SettingChanges title="Latest changes of limits" table="limits" />
    </Page>
  );
}

function LimitsPanel({ group, whole }: { group: Group; whole: Group }) {
  const [isOpen, setOpen] = useState(false);
  const mayAct = useMayAct();
  return (
    <Panel
      title={group.title}
      actions={mayAct && <button type="button" onClick={() => setOpen(true)}>Change …</button>}
    >
      <SettingList label={group.title} table="limits" settings={group.settings} />
      <ChangeSettings
        title={`Change limits: ${group.title}`}
        table="limits"
        settings={whole.settings}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
      />
    </Panel>
  );
}
