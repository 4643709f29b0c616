import type { ComponentChildren } from "preact";
import { Badge } from "../parts/badge.tsx";
import { hasDefaults, isChanged, type Setting, type SettingTable } from "./setting.ts";
import { shownValue } from "./shown_value.ts";
import "./settings.css";

interface Props {
  label: string;
  table: SettingTable;
  settings: Setting[];
  /** The name that the setting is listed under; by default its column. */
  nameOf?(setting: Setting): string;
  actionOf?(setting: Setting): ComponentChildren;
}

/** Settings with their meaning, value and default. */
export function SettingList({ label, table, settings, nameOf = ({ column_name }) => column_name, actionOf }: Props) {
  return (
    <ul class="setting-list" aria-label={label}>
      {settings.map((setting) => (
        <li key={`${setting.row_key} ${setting.column_name}`}>
          <div>
            <code>{nameOf(setting)}</code>
            <p>{setting.description}</p>
          </div>
          <div class="value">
            <b>{shownValue(setting.column_name, setting.value)}</b>
            {hasDefaults(table) && isChanged(setting) && (
              <small>
                <Badge tone="busy">changed</Badge> default {shownValue(setting.column_name, setting.default_value)}
              </small>
            )}
          </div>
          {actionOf && <div>{actionOf(setting)}</div>}
        </li>
      ))}
    </ul>
  );
}
