import { startTestCluster } from "./testing.ts";
for (let i = 0; i < 12; i++) {
  const d = await startTestCluster(["vector with schema extensions", "pg_cron with schema pg_catalog", "plpgsql_check with schema extensions"]);
  const sql = d.connect();
  try { for (let k = 0; k < 10; k++) { await sql.unsafe(`create policy "p${k}" on storage.objects for select to authenticated using (owner_id = auth.uid()::text)`); const r = await sql`select auth.uid()`; } console.log(i, "ok"); }
  catch (e) { console.log(i, String(e)); console.log(await sql`select oid, proname, pronamespace::regnamespace::text from pg_proc where proname='uid'`, await sql`select auth.uid()`.catch(String)); }
  await d.close();
}
