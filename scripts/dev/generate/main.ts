import { Command } from "commander";
import { withMigratedDatabase } from "./database.ts";
import { firstDifference, format, read, write } from "./files.ts";
import { FROM_DATABASE, FROM_DECLARATIONS } from "./products.ts";
import type { Product } from "./product.ts";

/**
 * `npm run generate`: writes every file that repeats a fact declared elsewhere; with `--check` only says which would
 * change.
 */
async function main(): Promise<number> {
  const { check } = new Command()
    .name("npm run generate --")
    .description("Writes what is generated from declarations and migrations.")
    .option("--check", "write nothing; exit 1 if a file would change")
    .parse(Deno.args, { from: "user" })
    .opts<{ check?: boolean }>();

  // Migrations are among them, so the database is built from what they say.
  const declared = await changedOf(
    await Promise.all(FROM_DECLARATIONS.map((generator) => generator())),
  );
  if (!check) await Promise.all(declared.map(write));
  const isStale = check && declared.some(({ path }) => path.endsWith(".sql"));
  const derived = isStale ? [] : await withMigratedDatabase(async (sources) => {
    const products = await Promise.all(
      FROM_DATABASE.map((generator) => generator(sources)),
    );
    return await changedOf(products);
  });
  if (!check) await Promise.all(derived.map(write));

  const changed = [...declared, ...derived];
  for (const { path, difference } of changed) {
    console.log(check ? `${path}: ${difference}` : `wrote ${path}`);
  }
  if (changed.length === 0) console.log("Every generated file is current.");
  else if (check) {
    console.error(
      `${changed.length} generated files are not current. Run npm run generate and commit what it writes.`,
    );
    if (isStale) {
      console.error("Files read from the database were not checked.");
    }
  }
  if (check) return changed.length > 0 ? 1 : 0;
  // Some pages are made by code that imports what was written: a new process reads it.
  return changed.some(({ path }) => path.endsWith(".ts")) ? await again() : 0;
}

async function again(): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!],
    stdin: "null",
  }).spawn().status;
  return code;
}

type Changed = Product & { difference: string };

async function changedOf(
  products: (Product | Product[])[],
): Promise<Changed[]> {
  const changed = await Promise.all(
    products.flat().map(async (product) => {
      const [wanted, present] = await Promise.all([
        format(product),
        read(product.path),
      ]);
      if (present === wanted.text) return [];
      return [{ ...wanted, difference: firstDifference(present, wanted.text) }];
    }),
  );
  return changed.flat();
}

Deno.exit(await main());
