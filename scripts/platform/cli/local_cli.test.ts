import { expect, test } from "vitest";
import { argumentsDuring } from "../../proof/test/process_arguments.ts";
import { runLocalCli } from "./local_cli.ts";

test("keeps the database's password out of the CLI's arguments, which every user of the machine can read", async () => {
  // No process listens there, so the CLI fails by itself.
  const { seen } = await argumentsDuring(() =>
    runLocalCli("postgresql://postgres:not-for-others@127.0.0.1:1/postgres", {
      args: ["db", "lint"],
    })
  );
  const lines = seen.filter((line) => line.includes("127.0.0.1:1/postgres"));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("\n")).not.toContain("not-for-others");
});
