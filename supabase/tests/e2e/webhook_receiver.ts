import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** A message with a valid signature. */
export interface Received {
  id: string;
  // deno-lint-ignore no-explicit-any
  body: any;
}

/** A webhook receiver on loopback. It answers as the test sets, and verifies every signature. */
export async function startReceiver() {
  const calls: { id: string; status: number }[] = [];
  const received: Received[] = [];
  const forged: string[] = [];
  const state = { status: 204, secret: "" };

  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => body += part);
    request.on("end", () => {
      const headers = request.headers as Record<string, string>;
      const id = headers["webhook-id"];
      calls.push({ id, status: state.status });
      try {
        const payload = new Webhook(state.secret).verify(body, headers);
        if (state.status < 300) received.push({ id, body: payload });
      } catch (error) {
        forged.push(String(error));
      }
      response.writeHead(state.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    /** The status of its further answers, and the secret for verification. */
    state,
    calls,
    received,
    forged,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
