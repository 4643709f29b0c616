import { Hono } from "hono";
import { connect } from "../../../../../supabase/functions/_shared/database.ts";
import { createReporter } from "../../reporter.ts";

const reporter = createReporter(Deno.env.get("BENCH_COLLECTOR_URL")!);
const sql = connect(Deno.env.get("SUPABASE_DB_URL")!);
const url = `${Deno.env.get("SUPABASE_URL")}/functions/v1/baseline`;

/** Reports that it was called, and calls itself again for a next step. */
const app = new Hono().post("/baseline", async (c) => {
  const { id, steps: [step, ...rest] } = await c.req.json<
    { id: string; steps: number[] }
  >();
  reporter.started(id, step);
  if (rest.length > 0) {
    await sql`select net.http_post(${url}, ${sql.json({ id, steps: rest })})`;
  }
  return c.body(null, 202);
});
Deno.serve(app.fetch);
