import { Hono } from "hono";
import { createReporter } from "../../reporter.ts";

const reporter = createReporter(Deno.env.get("BENCH_COLLECTOR_URL")!);

/** Does nothing but note that it was called. */
const app = new Hono().post("/floor", async (c) => {
  const { id } = await c.req.json<{ id: string }>();
  reporter.started(id, 1);
  return c.body(null, 202);
});
Deno.serve(app.fetch);
