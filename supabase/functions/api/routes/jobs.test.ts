import { beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../queries.ts";
import { DOCUMENT, FakeWorld, JOB, OTHER_USER, USER } from "../testing/fakes.ts";

const REFERENCE = "33333333-2222-4333-8444-555555555555";
const FAILED: Job = {
  job_id: JOB,
  document_id: DOCUMENT,
  status: "failed_parse",
  state: "deadletter",
  retry_count: 3,
  stage_pct: 0,
  total_pct: 20,
  last_error: {
    code: "PDF_IS_PROTECTED",
    message: "The PDF asks for a password.",
    reference: REFERENCE,
  },
  warnings: [],
  updated_at: new Date("2026-01-02T03:05:00Z"),
  cost_cents: 0.75,
};
const FAILED_ANSWER = {
  job_id: JOB,
  status: "failed_parse",
  state: "deadletter",
  retry_count: 3,
  progress: { stage_pct: 0, total_pct: 20 },
  cost_cents: 0.75,
  document_id: DOCUMENT,
  last_error: {
    code: "PDF_IS_PROTECTED",
    message: `The PDF asks for a password. (Reference: ${REFERENCE})`,
    reference: REFERENCE,
  },
  warnings: [],
  updated_at: "2026-01-02T03:05:00.000Z",
};

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
  world.jobs.set(JOB, { owner: USER, job: FAILED });
});

/** The responses to a user without jobs: for another user's job and for one that does not exist. */
async function refusals(suffix: string, method: string) {
  return await Promise.all([JOB, crypto.randomUUID()].map(async (id) => {
    const answer = await world.request(`/api/jobs/${id}${suffix}`, {
      method,
      user: OTHER_USER,
    });
    const { error } = await answer.json();
    delete error.request_id;
    return [answer.status, error];
  }));
}

describe("a job", () => {
  test("is shown in full to its owner", async () => {
    const answer = await world.request(`/api/jobs/${JOB}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(FAILED_ANSWER);
  });

  test("names the pages that its document lacks", async () => {
    const warnings: Job["warnings"] = [{
      code: "PAGES_EMPTY",
      message: "no text was found on page 2",
      pages: [2],
    }];
    world.jobs.set(JOB, { owner: USER, job: { ...FAILED, warnings } });
    expect(await (await world.request(`/api/jobs/${JOB}`)).json())
      .toHaveProperty("warnings", warnings);
  });

  test("has a null error when there is none", async () => {
    const job = { ...FAILED, last_error: null };
    world.jobs.set(JOB, { owner: USER, job });
    expect(await (await world.request(`/api/jobs/${JOB}`)).json())
      .toHaveProperty("last_error", null);
  });

  test.each([["", "GET"], ["/retry", "POST"]])(
    "answers the same 404 for another user's job and for none (%s %s)",
    async (suffix, method) => {
      const [anothers, none] = await refusals(suffix, method);
      expect(anothers).toEqual(none);
      expect(anothers).toMatchObject([404, { code: "job_not_found" }]);
    },
  );

  test.each([["/12", "GET"], ["/12/retry", "POST"]])(
    "answers 422 when the id is malformed (%s)",
    async (path, method) => {
      const answer = await world.request(`/api/jobs${path}`, { method });
      expect(answer.status).toBe(422);
    },
  );

  test.each([["", "GET"], [`/${JOB}`, "GET"], [`/${JOB}/retry`, "POST"]])(
    "requires a signed-in user (%s)",
    async (path, method) => {
      const answer = await world.request(`/api/jobs${path}`, {
        method,
        user: null,
      });
      expect(answer.status).toBe(401);
    },
  );
});

describe("retrying", () => {
  test("answers 202 with the job", async () => {
    const answer = await world.request(`/api/jobs/${JOB}/retry`, {
      method: "POST",
    });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual(FAILED_ANSWER);
  });

  test("answers 400 when the job did not fail", async () => {
    world.retried = { outcome: "not_retryable" };
    const answer = await world.request(`/api/jobs/${JOB}/retry`, {
      method: "POST",
    });
    expect(answer.status).toBe(400);
    expect((await answer.json()).error.code).toBe("not_retryable");
  });

  test("answers 409 with the reason when the job failed because of its document", async () => {
    const reason = { code: "TOO_MANY_PAGES", message: "it has 300 pages" };
    world.retried = { outcome: "refused", reason };
    const answer = await world.request(`/api/jobs/${JOB}/retry`, {
      method: "POST",
    });
    expect(answer.status).toBe(409);
    const { error } = await answer.json();
    expect(error).toMatchObject({
      code: "document_refused",
      message: expect.stringContaining("it has 300 pages"),
      details: { reason: "TOO_MANY_PAGES", document_id: DOCUMENT, job_id: JOB },
    });
  });

  test.each([
    [
      {
        outcome: "daily_limit" as const,
        limitName: "pages_per_user_per_day" as const,
        limit: 6000,
        retryAfterSeconds: 60,
      },
      429,
      "daily_limit",
      { limit: 6000, limit_name: "pages_per_user_per_day" },
    ],
    [
      {
        outcome: "budget_spent" as const,
        whose: "user" as const,
        limit: 500,
        retryAfterSeconds: 60,
      },
      402,
      "monthly_budget_spent",
      { budget: "user", monthly_cents: 500 },
    ],
  ])(
    "answers the limit when it is exceeded: %j",
    async (retried, status, code, details) => {
      world.retried = retried;
      const answer = await world.request(`/api/jobs/${JOB}/retry`, {
        method: "POST",
      });
      expect(answer.status).toBe(status);
      expect((await answer.json()).error).toMatchObject({ code, details });
    },
  );
});

describe("the list of jobs", () => {
  test("has the user's jobs and their number", async () => {
    const own = await (await world.request("/api/jobs")).json();
    expect(own).toEqual({ jobs: [FAILED_ANSWER], total: 1 });
    const others = await (await world.request("/api/jobs", { user: OTHER_USER })).json();
    expect(others).toEqual({ jobs: [], total: 0 });
  });

  test("passes the request's fields to the query", async () => {
    await world.request("/api/jobs");
    await world.request("/api/jobs?state=retryable&limit=100&offset=40");
    expect(world.jobListings).toEqual([
      { state: null, limit: 20, offset: 0 },
      { state: "retryable", limit: 100, offset: 40 },
    ]);
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=1e2", "limit"],
    ["offset=-1", "offset"],
    ["offset=1.5", "offset"],
    ["state=lost", "state"],
  ])("refuses %s", async (query, field) => {
    const answer = await world.request(`/api/jobs?${query}`);
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.details[0].path).toBe(field);
    expect(world.jobListings).toEqual([]);
  });
});
