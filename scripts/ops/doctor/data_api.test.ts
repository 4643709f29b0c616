import { expect, test } from "vitest";
import { HOSTED } from "./finding.ts";
import { checkDataApi } from "./services.ts";

/** PostgREST's errors for a schema that is closed to visitors, and for one that is not exposed. */
const SERVES = { code: "42501", message: "permission denied" };
const SERVES_NOT = { code: "PGRST106", message: "Invalid schema" };

const ALL = ["upload_pipeline", "pipeline_console"];

/** The statuses that the doctor finds when the Data API exposes these schemas. */
async function check(exposed: string[], isWanted: boolean | "either") {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ headers }) => {
    const isExposed = exposed.includes(headers.get("accept-profile")!);
    return Response.json(isExposed ? SERVES : SERVES_NOT, { status: isExposed ? 401 : 406 });
  });
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    const findings = await checkDataApi(url, "key", HOSTED, isWanted);
    return findings.map(({ status }) => status);
  } finally {
    await server.shutdown();
  }
}

test("must be open or closed as the environment requires", async () => {
  expect(await check(ALL, true)).toEqual(["met", "met"]);
  expect(await check([], true)).toEqual(["unmet", "unmet"]);
  expect(await check([], false)).toEqual(["met", "met"]);
  expect(await check(ALL, false)).toEqual(["unmet", "unmet"]);
  expect(await check(ALL, "either")).toEqual(["met", "met"]);
  expect(await check([], "either")).toEqual(["met", "met"]);
});

test("must have each of the pipeline's schemas", async () => {
  expect(await check(["upload_pipeline"], true)).toEqual(["met", "unmet"]);
  expect(await check(["pipeline_console"], false)).toEqual(["met", "unmet"]);
});
