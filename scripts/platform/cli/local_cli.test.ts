import { expect, test } from "vitest";
import { argumentsDuring } from "../../proof/test/process_arguments.ts";
import { runLocalCli } from "./local_cli.ts";

test("the database's password is not among the CLI's arguments, which every user of the machine can read", async () => {
  // Nobody listens there: the CLI gives up by itself.
  const { seen } = await argumentsDuring(() =>
    runLocalCli("postgresql://postgres:not-for-others@127.0.0.1:1/postgres", {
      args: ["db", "lint"],
    })
  );
  const lines = seen.filter((line) => line.includes("127.0.0.1:1/postgres"));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("\n")).not.toContain("not-for-others");
});
