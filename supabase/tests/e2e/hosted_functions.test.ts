import { readlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { HOSTED_VERSIONS } from "../../../scripts/platform/stack/hosted_versions.ts";
import { onHostedDeno } from "../../../scripts/platform/stack/functions/testing/hosted_deno.ts";
import { call, createUser, eventually, functionPids, restartFunctions } from "./harness.ts";

describe("functions as the hosted platform runs them", () => {
  it("run on the Deno version of its edge-runtime", async () => {
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

  it("use a second process under load, and refuse no request while it starts", async () => {
    await restartFunctions();
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
