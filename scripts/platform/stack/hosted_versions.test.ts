import { expect, it } from "vitest";
import { functionsDeno, HOSTED_VERSIONS } from "./hosted_versions.ts";

it("runs functions on the version of Deno that hosted embeds", async () => {
  const { program, version } = functionsDeno();
  expect(version).toBe(HOSTED_VERSIONS.deno);
  const { stdout } = await new Deno.Command(program, { args: ["--version"] })
    .output();
  expect(new TextDecoder().decode(stdout)).toMatch(
    `deno ${HOSTED_VERSIONS.deno} `,
  );
});
