import { expect, test } from "vitest";
import { HOSTED } from "./finding.ts";
import { checkDataApi } from "./services.ts";

/** PostgREST's errors for a schema that is closed to visitors, and for one that is not exposed. */
const SERVES = { code: "42501", message: "permission denied" };
const SERVES_NOT = { code: "PGRST106", message: "Invalid schema" };

async function check(answer: { code: string }, isWanted: boolean | "either") {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => Response.json(answer, { status: answer === SERVES ? 401 : 406 }),
  );
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    const [{ status }] = await checkDataApi(url, "key", HOSTED, isWanted);
    return status;
  } finally {
    await server.shutdown();
  }
}

test("must be open or closed as the environment requires", async () => {
  expect(await check(SERVES, true)).toBe("met");
  expect(await check(SERVES_NOT, true)).toBe("unmet");
  expect(await check(SERVES_NOT, false)).toBe("met");
  expect(await check(SERVES, false)).toBe("unmet");
  expect(await check(SERVES, "either")).toBe("met");
  expect(await check(SERVES_NOT, "either")).toBe("met");
});
