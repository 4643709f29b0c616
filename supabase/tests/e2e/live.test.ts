import { expect, test } from "vitest";
import { call, createUser, ENDED, handbook, upload, variant, waitFor } from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

const sql = useIdleStack();

test("broadcasts every status of a document to its owner, in order, to its deletion", async () => {
  const ada = await createUser();
  const bob = await createUser();
  const { document_id } = await upload(ada, variant(await handbook()));
  await waitFor(ada, document_id, ENDED);
  // The last status of each transaction that moved the document: users never saw the others.
  const history = await sql<{ status: string }[]>`
    select status from (
      select distinct on (xmin::text) event_no, status from upload_pipeline.events
      where document_id = ${document_id} and type = 'status' order by xmin::text, event_no desc
    ) seen
    order by event_no`;
  expect(history.length).toBeGreaterThan(5);
  const { status } = await call(`/api/documents/${document_id}`, { method: "DELETE", user: ada });
  expect(status).toBe(204);

  const sent = await sql<{ event_no: number; status: string; private: boolean }[]>`
    select (payload ->> 'event_no')::int as event_no, payload ->> 'status' as status, private
    from realtime.messages where topic = ${`user:${ada.id}`} order by 1`;
  expect(sent.map(({ event_no }) => event_no)).toEqual(sent.map((_, i) => i + 1));
  expect(sent.every((message) => message.private)).toBe(true);
  const statuses = sent.map((message) => message.status);
  expect(statuses.filter((each, i) => each !== statuses[i - 1]))
    .toEqual([...history.map((seen) => seen.status), "deleted"]);

  const numbers = (user: typeof ada) =>
    user.client.schema("upload_pipeline").from("live_events").select("event_no, document_ids").order("event_no");
  const own = await numbers(ada);
  expect(own.error).toBeNull();
  expect(own.data).toEqual(sent.map(({ event_no }) => ({ event_no, document_ids: [document_id] })));
  expect((await numbers(bob)).data).toEqual([]);
});
