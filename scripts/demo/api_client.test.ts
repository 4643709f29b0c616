import { afterEach, expect, test } from "vitest";
import { ApiClient, DemoError } from "./api_client.ts";

let server: Deno.HttpServer<Deno.NetAddr> | undefined;
afterEach(async () => {
  await server?.shutdown();
  server = undefined;
});

/** A client of an API on loopback that gives this answer to everything. */
function clientOf(
  answer: (request: Request) => Response | Promise<Response>,
  signal = new AbortController().signal,
): ApiClient {
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    answer,
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  return new ApiClient({ url, publishableKey: "key", signal });
}

async function failureOf(promise: Promise<unknown>): Promise<DemoError> {
  const error = await promise.then(() => undefined, (error) => error);
  expect(error).toBeInstanceOf(DemoError);
  return error;
}

test("a refusal keeps the API's code, message, request id and Retry-After", async () => {
  const api = clientOf(() =>
    Response.json(
      { error: { code: "slow_down", message: "Wait.", request_id: "r-1" } },
      { status: 429, headers: { "retry-after": "12" } },
    )
  );
  const failure = await failureOf(api.search("question", 3));
  expect(failure.message).toBe("Searching failed: Wait.");
  expect(failure.particulars).toMatchObject({
    code: "slow_down",
    status: 429,
    reference: "r-1",
    retryAfter: 12,
  });
});

test("an answer that is not JSON is shown as it is", async () => {
  const api = clientOf(() => new Response("Bad Gateway", { status: 502 }));
  const failure = await failureOf(api.signUp("a@example.com", "password"));
  expect(failure.message).toContain("Bad Gateway");
  expect(failure.particulars.status).toBe(502);
});

test("an answer of another shape than documented is a failure, not a crash", async () => {
  const api = clientOf(() =>
    Response.json({ job_id: "j" }, { headers: { "x-request-id": "r-2" } })
  );
  const failure = await failureOf(api.register("a.pdf", new Uint8Array(1)));
  expect(failure.message).toContain("not in the documented shape");
  expect(failure.particulars.reference).toBe("r-2");
});

test("a refused upload says what Storage answered", async () => {
  const api = clientOf(() => new Response("expired", { status: 400 }));
  const { port } = server!.addr;
  const failure = await failureOf(
    api.put(`http://127.0.0.1:${port}/signed`, new Uint8Array(1)),
  );
  expect(failure.message).toContain("400 expired");
});

test("after logging in, calls carry the user's token", async () => {
  const tokens: (string | null)[] = [];
  const api = clientOf((request) => {
    tokens.push(request.headers.get("authorization"));
    return Response.json(
      request.url.endsWith("/search")
        ? { mode: "hybrid", results: [] }
        : { access_token: "token", user: { id: "u" } },
    );
  });
  await api.logIn("a@example.com", "password");
  await api.search("question", 3);
  expect(tokens).toEqual([null, "Bearer token"]);
});

test("an API that is not there is a failure with its reason", async () => {
  const api = clientOf(() => new Response());
  await server!.shutdown();
  server = undefined;
  const failure = await failureOf(api.logIn("a@example.com", "password"));
  expect(failure.message).toMatch(/^Logging in failed: .*refused/i);
});

test("an interruption ends a call at once, and is not taken for a failure", async () => {
  const interruption = new AbortController();
  const unblocked = Promise.withResolvers<Response>();
  const api = clientOf(() => unblocked.promise, interruption.signal);
  const call = api.logIn("a@example.com", "password");
  const outcome = call.then(() => "answered", (error) => error);
  interruption.abort(new DOMException("interrupted", "AbortError"));
  expect(await outcome).toBe(interruption.signal.reason);
  unblocked.resolve(new Response());
});
