import { startTestCluster } from "./testing.ts";
import postgres from "postgres";
const d = await startTestCluster(["vector with schema extensions", "pg_cron with schema pg_catalog", "plpgsql_check with schema extensions"]);
let bad = 0; const t = Date.now(); let n = 0;
while (Date.now() - t < 45000) {
  const sql = postgres(d.cluster.urlFor("postgres"), { max: 1, onnotice() {} });
  try { await sql.unsafe(`create policy "p${n}" on storage.objects for select to authenticated using (owner_id = auth.uid()::text)`); await sql.unsafe(`drop policy "p${n}" on storage.objects`); }
  catch (e) { bad++; console.log(n, (Date.now()-t), String(e)); console.log(await sql`select auth.uid()`.catch(String)); }
  await sql.end(); n++;
}
console.log(n, "connections", bad, "bad");
await d.close();
