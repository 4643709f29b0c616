import { beforeEach, describe, expect, it } from "vitest";
import { METRICS, metricsText } from "../metrics.ts";
import { FakeWorld } from "../testing/fakes.ts";

const SECRET = "a-secret-of-some-length";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
  world.metricsSecrets = [SECRET];
});

const ask = (authorization?: string) =>
  world.request("/api/metrics", {
    user: null,
    headers: authorization ? { authorization } : {},
  });

describe("GET /api/metrics", () => {
  it("answers the samples in Prometheus' format when the caller has the secret", async () => {
    world.queries.metricSamples = () =>
      Promise.resolve([
        { name: "pipeline_dead_letter_jobs", labels: {}, value: 2 },
      ]);
    const answer = await ask(`Bearer ${SECRET}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(
      "text/plain; version=0.0.4; charset=utf-8",
    );
    expect(await answer.text()).toMatch(
      /^# HELP pipeline_dead_letter_jobs .+\n# TYPE pipeline_dead_letter_jobs gauge\npipeline_dead_letter_jobs 2\n$/,
    );
  });

  it.each([undefined, "Bearer ", "Bearer wrong", `Basic ${SECRET}`])(
    "answers 401 for %j without querying the database",
    async (authorization) => {
      world.queries.metricSamples = () => Promise.reject(new Error("asked"));
      const answer = await ask(authorization);
      expect(answer.status).toBe(401);
      expect((await answer.json()).error.code).toBe("unauthorized");
    },
  );

  it("is closed to all callers when no secret is set", async () => {
    world.metricsSecrets = undefined;
    for (const authorization of [undefined, "Bearer ", "Bearer undefined"]) {
      const answer = await ask(authorization);
      expect(answer.status).toBe(503);
      expect((await answer.json()).error).toMatchObject({
        code: "not_configured",
        message: expect.stringContaining("METRICS_SECRET"),
      });
    }
  });
});

describe("the text format", () => {
  it("groups each metric's samples, whatever their order", () => {
    const text = metricsText([
      { name: "pipeline_jobs", labels: { state: "queued" }, value: 1 },
      { name: "pipeline_dead_letter_jobs", labels: {}, value: 0 },
      { name: "pipeline_jobs", labels: { state: "done" }, value: 2 },
    ]);
    expect(text.match(/# TYPE pipeline_jobs gauge\n.*\n.*\n/)?.[0]).toBe(
      `# TYPE pipeline_jobs gauge\npipeline_jobs{state="queued"} 1\npipeline_jobs{state="done"} 2\n`,
    );
    expect(text.match(/# TYPE/g)).toHaveLength(2);
  });

  it("escapes the values of labels", () => {
    const text = metricsText([{
      name: "pipeline_jobs",
      labels: { state: 'a"b\\c\nd' },
      value: 1,
    }]);
    expect(text).toContain('pipeline_jobs{state="a\\"b\\\\c\\nd"} 1\n');
  });

  it("writes a histogram's parts under its name", () => {
    const name = "pipeline_stage_duration_seconds";
    const text = metricsText([
      { name: `${name}_bucket`, labels: { le: "+Inf" }, value: 3 },
      { name: `${name}_sum`, labels: {}, value: 1.5 },
      { name: `${name}_count`, labels: {}, value: 3 },
    ]);
    expect(text).toMatch(
      /# TYPE pipeline_stage_duration_seconds histogram\n.*_bucket\{le="\+Inf"\} 3\n.*_sum 1.5\n.*_count 3\n$/,
    );
  });

  it("throws for an undeclared metric", () => {
    expect(() => metricsText([{ name: "other", labels: {}, value: 1 }]))
      .toThrow("no metric is called other");
  });

  it("has one line of help for every metric", () => {
    for (const { help } of Object.values(METRICS)) {
      expect(help).toMatch(/^[^\n\\]+\.$/);
    }
  });
});
