import type { Json } from "../database.types.ts";
import { controlOf, type Setting } from "./setting.ts";

/** What an operator has entered so far, by column, as the controls hold it. */
export type Drafts = Record<string, string>;
/** What was there when the form was opened, by column. */
export type Seen = Record<string, Pick<Setting, "value" | "version">>;

export type Entered = { value: Json } | { fault: string };

/** A value as its control shows it. */
export function draftOf({ value }: Pick<Setting, "value">): string {
  if (Array.isArray(value)) return value.join(", ");
  return value === null ? "" : String(value);
}

/** What a control holds, as a value of the column. The database checks it against the rules. */
export function enteredOf(setting: Setting, draft: string): Entered {
  const text = draft.trim();
  switch (controlOf(setting)) {
    case "choices":
    case "list":
      return { value: text.split(/[\s,]+/).filter((part) => part !== "") };
    case "switch":
      return { value: text === "true" };
    case "text":
      return text === "" && setting.is_nullable ? { value: null } : { value: text };
    case "number":
      return numberOf(setting, text);
  }
}

function numberOf({ is_nullable }: Setting, text: string): Entered {
  if (text === "") return is_nullable ? { value: null } : { fault: "Enter a number." };
  // The separator of thousands differs between countries; a space or an underscore is none's decimal point.
  const number = Number(text.replace(/[\s_]/g, ""));
  if (!/^[+-]?[\d\s_.eE+-]+$/.test(text) || !Number.isFinite(number)) {
    return { fault: "Enter a number, with a point before decimals." };
  }
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    return { fault: `Enter at most ${Number.MAX_SAFE_INTEGER}.` };
  }
  return { value: number };
}

/** The columns whose draft is another value than what was seen. */
export function changedOf(settings: Setting[], drafts: Drafts, seen: Seen): Map<string, Entered> {
  const changed = new Map<string, Entered>();
  for (const setting of settings) {
    const draft = drafts[setting.column_name];
    if (draft === undefined) continue;
    const entered = enteredOf(setting, draft);
    const before = JSON.stringify(seen[setting.column_name]?.value);
    if ("fault" in entered || JSON.stringify(entered.value) !== before) changed.set(setting.column_name, entered);
  }
  return changed;
}

/** The drafted columns that another operator has changed since they were seen. */
export function conflictsOf(settings: Setting[], drafts: Drafts, seen: Seen): Setting[] {
  return settings.filter(({ column_name, version }) =>
    drafts[column_name] !== undefined && seen[column_name] !== undefined && seen[column_name].version !== version
  );
}

/** What `change_settings` refused, by column, from the error's detail. Nothing if the error has none. */
export function faultsOf(details: string | null): Record<string, string> {
  if (!details) return {};
  try {
    const faults: unknown = JSON.parse(details);
    if (typeof faults !== "object" || faults === null || Array.isArray(faults)) return {};
    return Object.fromEntries(
      Object.entries(faults).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    // The detail of another error is a sentence, which its message already says.
    return {};
  }
}
