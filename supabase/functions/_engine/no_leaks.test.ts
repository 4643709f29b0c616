import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLlamaParse } from "../_providers/llamaparse.ts";
import { createEmbedder } from "../_providers/openai.ts";
import { createStorage } from "../_providers/storage.ts";
import { createLogger } from "../_shared/log.ts";
import { attempt } from "./attempt.ts";
import { Settler } from "./settler.ts";
import type { Job, StageResult } from "./stage.ts";

const KEY = "sk-canary-1f9d0c77e2";
const TEXT = "The canary sang at nine in the evening";
const STATUSES = [
  200,
  201,
  400,
  401,
  402,
  403,
  404,
  408,
  409,
  413,
  415,
  422,
  429,
  500,
  502,
  503,
];

let server: Deno.HttpServer<Deno.NetAddr>;
let answer: { status: number; shape: (said: string) => unknown };

/** A provider whose error repeats the whole request, key and text included. */
beforeAll(() => {
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const headers = [...request.headers].map((pair) => pair.join(": "));
      const said = `${headers.join("; ")} ${await request.text()} ${TEXT}`;
      return Response.json(answer.shape(said), { status: answer.status });
    },
  );
});
afterAll(() => server.shutdown());

const SHAPES: Record<string, (said: string) => unknown> = {
  "OpenAI's": (said) => ({
    error: { message: said, type: said, code: said, param: said },
  }),
  "LlamaParse's": (said) => ({ detail: said, message: said, code: said }),
  "a failed job": (said) => ({
    job: { id: "j", status: "FAILED", error_message: said },
  }),
  "a finished job": (said) => ({
    id: said,
    job: { id: "j", status: said },
    markdown: { pages: said },
    data: [{ embedding: said, index: 0 }],
  }),
  "Storage's": (said) => ({
    statusCode: "400",
    error: said,
    message: "refused",
  }),
};

const JOB = {
  lease: { stage: "parse", messageId: "1", readCount: 1 },
  jobId: "0b780576-24d4-5f60-a700-b14c08f7da3e",
} as Job;

/** What an attempt at this leaves behind: its log lines, and what is written into rows and events that the user sees. */
async function traces(run: () => Promise<unknown>): Promise<string> {
  const kept: unknown[] = [];
  await attempt(
    {
      name: "parse",
      run: async () => await run() as StageResult,
    },
    JOB,
    {
      settler: new Settler((batch) => {
        kept.push(batch);
        return Promise.resolve(new Set(["1"]));
      }),
      log: createLogger("worker", (line) => kept.push(line)),
      signal: new AbortController().signal,
      onContinue: () => {},
    },
  );
  expect(kept.length).toBeGreaterThan(1);
  return JSON.stringify(kept);
}

describe("whatever a provider answers, no key and no text is logged, stored or shown", () => {
  it.each(Object.keys(SHAPES))("in the shape of %s", async (shape) => {
    const url = `http://127.0.0.1:${server.addr.port}`;
    const llamaparse = createLlamaParse({
      apiKey: KEY,
      apiUrl: url,
      tier: "cost_effective",
    });
    const embedder = createEmbedder({ apiKey: KEY, apiUrl: url });
    const storage = createStorage({ url, serviceRoleKey: KEY });
    const calls = [
      () =>
        llamaparse.submit({
          bytes: new TextEncoder().encode(TEXT),
          filename: TEXT,
          mime: "application/pdf",
          submissionId: "s",
          maxPages: 1,
          pages: null,
          ocr: false,
          ocrLanguages: [],
          maxFailedPageRatio: 1,
          webhook: {
            url: "https://example.test",
            secret: KEY,
            requestId: null,
          },
        }),
      () => llamaparse.find("s", new Date()),
      () => llamaparse.result("j"),
      () => llamaparse.cancel("j"),
      () => embedder.embed([TEXT]),
      () => storage.put("a", new TextEncoder().encode(TEXT), "text/markdown"),
      () => storage.signUpload("a"),
    ];
    for (const status of STATUSES) {
      answer = { status, shape: SHAPES[shape] };
      for (const call of calls) {
        const left = await traces(async () => {
          await call();
          throw new Error("the call went well");
        });
        for (const canary of [KEY, TEXT]) {
          if (left.includes(canary)) {
            expect.fail(`${call} answered ${status} leaves ${left}`);
          }
        }
      }
    }
  });
});
