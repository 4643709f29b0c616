import { afterEach, describe, expect, it } from "vitest";
import { useEngine } from "./engine_sessions.ts";

describe("a provider's budget and circuit under concurrency", () => {
  const { sql, stage, createJobs, claim } = useEngine();

  it("claims at once take no more than the request bucket holds", async () => {
    await createJobs(20);
    await addProvider(7);
    const claims = await Promise.all(
      Array.from({ length: 15 }, () => claim(sql, 2)),
    );
    // A worker may find the rest locked and leave with less; whoever comes next gets it.
    claims.push(await claim(sql, 30));
    expect(claims.flat()).toHaveLength(7);
    expect(await claim(sql, 30)).toEqual([]);
  });

  it("of many that reserve at once, those that fit are let through", async () => {
    await addProvider(7);
    const waits = await Promise.all(
      Array.from({ length: 20 }, () =>
        sql<{ wait: number }[]>`
          select pipeline_internal.reserve(${stage}, 1, 0) as wait`),
    );
    expect(waits.filter(([{ wait }]) => wait === 0)).toHaveLength(7);
  });

  it("of many that come when the probe is due, one gets it", async () => {
    await createJobs(20);
    await addProvider(100);
    await sql`
      update pipeline_internal.providers
      set opened_at = now() - interval '1 minute', probe_at = now(), open_count = 1 where provider = ${stage}`;
    const claims = await Promise.all(
      Array.from({ length: 15 }, () => claim(sql, 2)),
    );
    expect(claims.flat()).toHaveLength(1);
  });

  async function addProvider(burst: number): Promise<void> {
    await sql`
      insert into pipeline_internal.providers (
        provider, requests_per_minute, request_burst, tokens_per_minute, token_burst, request_level, token_level)
      values (${stage}, 0.001, ${burst}, 1, 1, ${burst}, 1)`;
    await sql`
      update pipeline_internal.stages set provider = ${stage}, requests_per_message = 1 where stage = ${stage}`;
  }

  afterEach(async () => {
    await sql`
      update pipeline_internal.stages set provider = null, requests_per_message = 0 where stage = ${stage}`;
    await sql`delete from pipeline_internal.providers where provider = ${stage}`;
  });
});
