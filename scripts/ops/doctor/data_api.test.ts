import { expect, test } from "vitest";
import { HOSTED } from "./finding.ts";
import { checkDataApi } from "./services.ts";

/** As PostgREST says of a schema that it serves to others than visitors, and of one that it does not serve. */
const SERVES = { code: "42501", message: "permission denied" };
const SERVES_NOT = { code: "PGRST106", message: "Invalid schema" };

async function check(answer: { code: string }, isWanted: boolean) {
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

test("is to be open or closed as the environment says", async () => {
  expect(await check(SERVES, true)).toBe("met");
  expect(await check(SERVES_NOT, true)).toBe("unmet");
  expect(await check(SERVES_NOT, false)).toBe("met");
  expect(await check(SERVES, false)).toBe("unmet");
});
