import { readlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { HOSTED_VERSIONS } from "../../../scripts/platform/stack/hosted_versions.ts";
import { onHostedDeno } from "../../../scripts/platform/stack/functions/testing.ts";
import {
  call,
  createUser,
  eventually,
  functionPids,
  renewFunctions,
} from "./harness.ts";

describe("functions run as hosted runs them", () => {
  it("on the version of Deno that its edge-runtime embeds", async () => {
    const version = await onHostedDeno<string>(
      "console.log(JSON.stringify(Deno.version.deno));",
    );
    expect(version).toBe(HOSTED_VERSIONS.deno);
    for (
      const [name, path] of [
        ["api", "/api/health/live"],
        ["webhook", "/webhook/test"],
        ["worker", "/worker/none"],
        ["isolation", "/isolation/none"],
      ]
    ) {
      await call(path);
      const pids = await functionPids(name);
      expect(pids.length, name).toBeGreaterThan(0);
      for (const pid of pids) {
        expect(await readlink(`/proc/${pid}/exe`)).toMatch(/deno-hosted/);
      }
    }
  });

  it("in two processes once one is crowded, and nobody is refused while the second starts", async () => {
    await renewFunctions();
    await eventually(
      async () => (await functionPids("api")).length === 1,
      "the processes of before to leave",
    );
    const user = await createUser();
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => call("/api/documents", { user })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set([200]),
    );
    expect((await functionPids("api")).length).toBeGreaterThan(1);
  });
});
