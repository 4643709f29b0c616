import { REPOSITORY } from "../repository.ts";
import { code, page, table } from "./markdown.ts";
import type { Product } from "./product.ts";

interface Locked {
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
}

/** docs/third-party.md: the packages that a deployment contains or uses, each with its licence. */
export async function thirdPartyPage(): Promise<Product> {
  const { packages }: { packages: Record<string, Locked> } = await json(
    "package-lock.json",
  );
  const deployed = Object.entries(packages).filter(
    ([path, { dev, devOptional, optional }]) => path !== "" && !dev && !devOptional && !optional,
  );
  const installed = await Promise.all(
    deployed.map(([path]) => json(`${path}/package.json`)),
  );
  const rows = installed.map(({ name, license }) => [code(name), license])
    .toSorted(([a], [b]) => a < b ? -1 : 1);
  return {
    path: "docs/third-party.md",
    text: page(
      "Third-party code",
      "package-lock.json and the installed packages",
      "Which packages does a deployment contain or use, and under which licence?",
      table(["package", "licence"], rows),
    ),
  };
}

// deno-lint-ignore no-explicit-any
async function json(path: string): Promise<any> {
  return JSON.parse(await Deno.readTextFile(`${REPOSITORY}/${path}`));
}
