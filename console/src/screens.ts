import type { ComponentType } from "preact";
import type { Language } from "./language.ts";
import type { Role } from "./session.ts";

export interface ScreenProps {
  /** The parts of the path after the screen's own name: an id, for instance. */
  rest: string[];
}

export interface Screen {
  /** The first part of the path. */
  name: string;
  title: Record<Language, string>;
  /** The group of the navigation that leads to it. */
  group: "documents" | "account" | "operate" | "settings";
  /** Roles that see it. */
  roles: Role[];
  /** Its code is loaded when it is first opened; the module exports it as `default`. */
  load(): Promise<{ default: ComponentType<ScreenProps> }>;
}

const EVERYONE: Role[] = ["user", "viewer", "operator"];
const OPERATORS: Role[] = ["viewer", "operator"];

/** In the order of the navigation. The first one that a role sees is where it starts. */
export const SCREENS: Screen[] = [
  user("files", { en: "Documents", de: "Dokumente" }, "documents", () => import("./screens/files/files.tsx")),
  user("search", { en: "Search", de: "Suche" }, "documents", () => import("./screens/search/search.tsx")),
  user("account", { en: "Account", de: "Konto" }, "account", () => import("./screens/account/account.tsx")),
  operators("overview", "Overview", "operate", () => import("./screens/overview/overview.tsx")),
  operators("documents", "All documents", "operate", () => import("./screens/documents/documents.tsx")),
  operators("failures", "Dead letter", "operate", () => import("./screens/failures/failures.tsx")),
  operators("alerts", "Alerts", "operate", () => import("./screens/alerts/alerts.tsx")),
  operators("stages", "Stages", "operate", () => import("./screens/stages/stages.tsx")),
  operators("providers", "Providers", "operate", () => import("./screens/providers/providers.tsx")),
  operators("webhooks", "Webhooks", "operate", () => import("./screens/webhooks/webhooks.tsx")),
  operators("playground", "Playground", "operate", () => import("./screens/playground/playground.tsx")),
  operators("costs", "Costs", "settings", () => import("./screens/costs/costs.tsx")),
  operators("limits", "Limits", "settings", () => import("./screens/limits/limits.tsx")),
  operators("schedules", "Schedules", "settings", () => import("./screens/schedules/schedules.tsx")),
  operators("tables", "Tables", "settings", () => import("./screens/tables/tables.tsx")),
  operators("audit", "Audit log", "settings", () => import("./screens/audit/audit.tsx")),
];

function user(name: string, title: Screen["title"], group: Screen["group"], load: Screen["load"]): Screen {
  return { name, title, group, roles: EVERYONE, load };
}

/** Operators' screens are in English. */
function operators(name: string, title: string, group: Screen["group"], load: Screen["load"]): Screen {
  return { name, title: { en: title, de: title }, group, roles: OPERATORS, load };
}
