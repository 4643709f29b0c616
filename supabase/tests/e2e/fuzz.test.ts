import { Buffer } from "node:buffer";
import process from "node:process";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { hmacHex, jobSecret } from "../../functions/_shared/signature.ts";
import { Contract } from "./contract.ts";
import { rawRequests } from "./fuzz_raw_requests.ts";
import { callbacks, type FuzzRequest, requestsTo } from "./fuzz_requests.ts";
import { call, createUser, upload, type User, waitFor, waitUntilIdle } from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

/** `FUZZ_RUNS=2000 FUZZ_SEED=$RANDOM npm test -- e2e fuzz` runs more. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const SEED = Number(process.env.FUZZ_SEED ?? 20261123);

describe("hostile requests", () => {
  const sql = useIdleStack();
  let contract: Contract;
  let user: User;
  let before: unknown;

  beforeAll(async () => {
    contract = await Contract.read();
    user = await createUser();
    const { document_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    await waitUntilIdle(sql);
    before = await everything();
  });

  /** Everything that bad input could change: the user's rows, and the row counts of all users. */
  async function everything() {
    const [rows] = await sql`
      select
        (select md5(string_agg(d::text, '' order by document_id)) from upload_pipeline.documents d where user_id = ${user.id}) as documents,
        (select md5(string_agg(j::text, '' order by job_id)) from upload_pipeline.upload_jobs j where user_id = ${user.id}) as jobs,
        (select md5(string_agg(e::text, '' order by event_no)) from upload_pipeline.events e where user_id = ${user.id}) as events,
        (select md5(string_agg(c::text, '' order by chunk_id)) from upload_pipeline.document_chunks c where user_id = ${user.id}) as chunks,
        (select count(*)::int from upload_pipeline.documents) as document_count,
        (select count(*)::int from upload_pipeline.upload_jobs) as job_count,
        (select count(*)::int from upload_pipeline.document_chunks) as chunk_count,
        (select count(*)::int from storage.objects) as object_count,
        (select count(*)::int from auth.users) as user_count`;
    return rows;
  }

  /** No answer is a server error, and every refusal has the API's error shape. */
  async function send(request: FuzzRequest, as: User | undefined) {
    const { status, body, headers } = await call(request.path, {
      ...request,
      user: as,
    });
    expect(status).toBeLessThan(500);
    if (status >= 400) {
      expect(body?.error?.code).toMatch(/^[a-z_]+$/);
      expect(body.error.request_id).toBe(headers.get("x-request-id"));
    }
    return status;
  }

  it(
    "to any route get no server error and change nothing",
    async () => {
      const refused: Record<string, number> = {};
      for (const [route, described] of contract.operations) {
        await fc.assert(
          fc.asyncProperty(
            requestsTo(route, described, contract.schemas),
            fc.integer({ min: 0, max: 9 }),
            async (request, who) => {
              const status = await send(request, who === 0 ? undefined : user);
              if (status >= 400) refused[route] = (refused[route] ?? 0) + 1;
            },
          ),
          { numRuns: RUNS, seed: SEED },
        );
      }
      expect(await everything()).toEqual(before);
      // If nearly all requests were accepted, or refused before validation, the run would prove nothing.
      expect(Object.keys(refused).length).toBeGreaterThan(15);
    },
    120_000 + RUNS * 1000,
  );

  it(
    "with arbitrary bytes and headers, to routes with bodies, get no server error and change nothing",
    async () => {
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(
          rawRequests(),
          fc.integer({ min: 0, max: 9 }),
          async (request, who) => {
            statuses.add(await send(request, who === 0 ? undefined : user));
          },
        ),
        { numRuns: RUNS * 10, seed: SEED },
      );
      expect(await everything()).toEqual(before);
      // Every kind of refusal occurred: of the caller, the resource, the type and the format.
      expect([...statuses]).toEqual(
        expect.arrayContaining([400, 401, 404, 405, 415, 422]),
      );
    },
    120_000 + RUNS * 1000,
  );

  it(
    "with LlamaParse's signature get no server error and change no document",
    async () => {
      const secret = LOCAL_KEYS.webhookSigningSecret;
      const jobId = crypto.randomUUID();
      for (
        const [route, key, path] of [
          ["POST /webhook/llamaparse", secret, "/webhook/llamaparse"],
          [
            "POST /webhook/llamaparse/{job_id}",
            jobSecret(secret, jobId),
            `/webhook/llamaparse/${jobId}`,
          ],
        ]
      ) {
        const described = contract.operations.get(route)!;
        const statuses = new Set<number>();
        await fc.assert(
          fc.asyncProperty(
            fc.oneof(
              callbacks(),
              requestsTo(route, described, contract.schemas),
            ),
            async (request) => {
              const bytes = Buffer.from(
                await new Response(request.body).arrayBuffer(),
              );
              const signature = hmacHex(key, bytes);
              const headers = {
                ...request.headers,
                "lc-signature": `sha256=${signature}`,
              };
              const sent = { ...request, path, headers, body: bytes };
              statuses.add(await send(sent, undefined));
            },
          ),
          { numRuns: RUNS, seed: SEED },
        );
        expect([...statuses].toSorted()).toEqual([200, 400]);
      }
      expect(await everything()).toEqual(before);
    },
    120_000 + RUNS * 1000,
  );

  it("as tokens are refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ maxLength: 300 }),
          fc.base64String({ maxLength: 300 }).map((text) => `Bearer ${text}`),
          fc.tuple(fc.jsonValue(), fc.jsonValue()).map((parts) =>
            `Bearer ${parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.x`
          ),
          fc.integer({ min: 1, max: 300 }).map((length) => `Bearer ${user.token.slice(0, -length)}`),
        ).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "~").trim()),
        async (authorization) => {
          const { status, body } = await call("/api/documents", {
            headers: { authorization },
          });
          expect([status, body.error.code]).toEqual([401, "unauthorized"]);
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
  }, 120_000 + RUNS * 1000);
});
