import { useState } from "preact/hooks";
import { OperatorError, useAct } from "../operator.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ErrorNotice } from "../parts/notices.tsx";
import { toast } from "../parts/toasts.tsx";
import type { Json } from "../database.types.ts";
import { changedOf, conflictsOf, draftOf, type Drafts, faultsOf, type Seen } from "./drafts.ts";
import { effectsOf } from "./effects.ts";
import { hasDefaults, type Setting, type SettingTable } from "./setting.ts";
import { SettingField } from "./setting_field.tsx";
import { shownValue } from "./shown_value.ts";
import "./settings.css";

interface Props {
  title: string;
  table: SettingTable;
  /** The columns of one row, as they are now; those that may be changed are offered. */
  settings: Setting[];
  isOpen: boolean;
  onClose(): void;
}

/** Changes settings of one row together: shows what a value does, why it is refused, and who else changed it. */
export function ChangeSettings({ title, isOpen, onClose, ...rest }: Props) {
  return (
    <Dialog {...{ title, isOpen, onClose }}>
      <Form {...rest} onClose={onClose} />
    </Dialog>
  );
}

function Form({ table, settings, onClose }: Omit<Props, "title" | "isOpen">) {
  const editable = settings.filter(({ is_editable }) => is_editable);
  const row = editable[0]?.row_key ?? "";
  const [seen, setSeen] = useState<Seen>(() => seenOf(editable));
  const [drafts, setDrafts] = useState<Drafts>({});
  const [error, setError] = useState<unknown>();
  const act = useAct("change_settings");

  const changed = changedOf(editable, drafts, seen);
  const conflicts = conflictsOf(editable, drafts, seen);
  const refused = error instanceof OperatorError ? faultsOf(error.details) : {};
  const after = Object.fromEntries(editable.map(({ column_name, value }) => {
    const entered = changed.get(column_name);
    return [column_name, entered && "value" in entered ? entered.value : value];
  }));
  const isReadable = [...changed.values()].every((entered) => "value" in entered);

  const save = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    const changes: { [column: string]: Json } = {};
    for (const [column, entered] of changed) {
      if (!("value" in entered)) return;
      changes[column] = { value: entered.value, version: seen[column].version };
    }
    try {
      await act.mutateAsync({ p_setting: table, p_changes: changes, p_row: table === "limits" ? null : row });
      toast("Saved.");
      onClose();
    } catch (error) {
      setError(error);
    }
  };

  return (
    <form onSubmit={(event) => void save(event)}>
      <div class="setting-fields">
        {editable.map((setting) => {
          const column = setting.column_name;
          const entered = changed.get(column);
          const isUnreadable = entered && "fault" in entered;
          return (
            <SettingField
              key={column}
              setting={setting}
              hasDefault={hasDefaults(table)}
              draft={drafts[column] ?? draftOf(setting)}
              onDraft={(draft) => {
                setError(undefined);
                setDrafts({ ...drafts, [column]: draft });
              }}
              fault={isUnreadable ? entered.fault : refused[column]}
              effects={entered && !isUnreadable && refused[column] === undefined
                ? effectsOf({ table, row, column, from: seen[column].value, to: entered.value, after })
                : []}
            />
          );
        })}
      </div>
      <div role="status">
        {conflicts.length > 0 && (
          <div class="notice warn">
            <p>
              Changed meanwhile by someone else: {conflicts.map(({ column_name, value }) =>
                `${column_name} is ${shownValue(column_name, value)} now, it was ${
                  shownValue(column_name, seen[column_name].value)
                }`
              ).join("; ")}.
            </p>
            <button
              type="button"
              onClick={() => {
                setSeen(seenOf(editable));
                setError(undefined);
              }}
            >
              Replace these values
            </button>
          </div>
        )}
      </div>
      <ErrorNotice error={Object.keys(refused).length > 0 ? undefined : error} text={textOf(error)} />
      <div class="actions end">
        <button type="button" onClick={onClose}>Cancel</button>
        <button
          type="submit"
          class="main"
          disabled={changed.size === 0 || !isReadable || conflicts.length > 0 || act.isPending}
        >
          Save
        </button>
      </div>
    </form>
  );
}

function seenOf(settings: Setting[]): Seen {
  return Object.fromEntries(settings.map(({ column_name, value, version }) => [column_name, { value, version }]));
}

function textOf(error: unknown): string | undefined {
  if (!(error instanceof OperatorError)) return undefined;
  return [error.message, error.hint].filter(Boolean).join(" ");
}
