import { Hono } from "hono";
import postgres from "postgres";

const sql = postgres(Deno.env.get("SUPABASE_DB_URL")!, { max: 2 });

/** The least that a function which asks the database does. */
const app = new Hono().get("/select", async (c) => {
  const [row] = await sql`select 1 as one`;
  return c.json(row);
});
Deno.serve(app.fetch);
