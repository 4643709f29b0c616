import { type Place, PLACES } from "../imports/places.ts";
import { code, page, table } from "./markdown.ts";
import type { Product } from "./product.ts";

/** docs/reference/imports.md: what each folder is for, and which others it may import. */
export function importsPage(): Product {
  return {
    path: "docs/reference/imports.md",
    text: page(
      "What each place may import",
      "scripts/dev/imports/places.ts",
      "`npm test -- unit` fails on any other import between folders, on a permission that no file needs, and on a circle. " +
        "Tests may import anything; only tests and the generator import a test or a folder named `testing`. " +
        "An entry that ends with `/*` stands for every folder below.",
      table(
        ["place", "what it holds", "may import"],
        Object.entries(PLACES).map(row),
      ),
    ),
  };
}

function row([path, { about, imports }]: [string, Place]): string[] {
  const others = imports.map(code).join(", ");
  return [code(path), about, others === "" ? "nothing" : others];
}
