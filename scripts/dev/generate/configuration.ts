import { SETTINGS } from "../../../supabase/functions/_shared/config.ts";
import { code, page, table } from "./markdown.ts";
import type { Product } from "./product.ts";

/**
 * docs/reference/configuration.md: the environment variables of the functions.
 */
export function configurationPage(): Product {
  const rows = Object.entries(SETTINGS).map(([name, setting]) => {
    const fallback = "fallback" in setting ? setting.fallback : undefined;
    const isRequired = fallback === undefined &&
      !setting.schema.safeParse(undefined).success;
    return [
      code(name),
      fallback === undefined ? isRequired ? "required" : "" : code(fallback),
      setting.purpose,
      "alternatives" in setting ? (setting.alternatives ?? []).map(code).join(", ") : "",
    ];
  });
  return {
    path: "docs/reference/configuration.md",
    text: page(
      "Configuration",
      "supabase/functions/_shared/config.ts",
      "The functions read these environment variables when they start. A function whose environment is incomplete answers " +
        "503 `not_configured` on every route, and names each setting at fault.",
      table(["setting", "default", "purpose", "read also from"], rows),
    ),
  };
}
