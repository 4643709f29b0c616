import { Hono } from "hono";
import postgres from "postgres";

const sql = postgres(Deno.env.get("SUPABASE_DB_URL")!, { max: 2 });

/** The smallest function with a database query. */
const app = new Hono().get("/select", async (c) => {
  const [row] = await sql`select 1 as one`;
  return c.json(row);
});
Deno.serve(app.fetch);
