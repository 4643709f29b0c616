import type { Json } from "../database.types.ts";

/** The tables of settings that the console changes. */
export type SettingTable = "limits" | "retention" | "stages" | "providers";

/** One column of one row of settings, as `pipeline_console.settings` answers it. */
export interface Setting {
  row_key: string;
  column_name: string;
  type: string;
  value: Json;
  default_value: Json | null;
  description: string | null;
  rules: string[];
  choices: string[] | null;
  is_editable: boolean;
  is_nullable: boolean;
  version: string;
}

/** How a setting is entered. */
export type Control = "number" | "switch" | "choices" | "list" | "text";

export function controlOf({ type, choices }: Pick<Setting, "type" | "choices">): Control {
  if (choices) return "choices";
  if (type === "boolean") return "switch";
  if (type === "text[]") return "list";
  return type === "text" ? "text" : "number";
}

/** The tables whose columns have defaults; the rows of the others are written by migrations. */
export function hasDefaults(table: SettingTable): boolean {
  return table === "limits";
}

/** Whether a setting with a default has another value. */
export function isChanged({ value, default_value }: Pick<Setting, "value" | "default_value">): boolean {
  return JSON.stringify(value) !== JSON.stringify(default_value);
}
