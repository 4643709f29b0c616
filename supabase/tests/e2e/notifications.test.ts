import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import {
  connect,
  createUser,
  ENDED,
  eventually,
  fixture,
  handbook,
  upload,
  type User,
  variant,
  waitFor,
} from "./harness.ts";
import { startReceiver } from "./webhook_receiver.ts";

const sql = connect();
const receiver = await startReceiver();
let user: User;

beforeEach(async () => {
  user = await createUser();
  const [{ secret }] = await sql`
    select pipeline_internal.add_endpoint(
      'receiver', ${receiver.url}, array['document.completed', 'document.failed']) as secret`;
  Object.assign(receiver.state, { status: 204, secret });
  for (const list of [receiver.calls, receiver.received, receiver.forged]) {
    list.length = 0;
  }
});
afterEach(async () => {
  await sql`select pipeline_internal.remove_endpoint('receiver')`;
  expect(receiver.forged).toEqual([]);
});
afterAll(async () => {
  await receiver.stop();
  await sql.end();
});

async function allDelivered(count: number) {
  await eventually(
    async () => {
      const [row] = await sql`
        select count(*)::int as count from pipeline_internal.outbox where delivered_at is not null`;
      return row.count === count;
    },
    `${count} messages to be delivered`,
    30_000,
  );
}

it("an application is told once of each document that is complete or has failed", async () => {
  const good = await upload(user, variant(await handbook()));
  const bad = await upload(user, await fixture("encrypted.pdf"));
  await waitFor(user, good.document_id, ["complete"]);
  await waitFor(user, bad.document_id, ENDED);
  await allDelivered(2);

  const told = receiver.received.map(({ body }) => [
    body.type,
    body.data.document_id,
    body.data.user_id,
    body.data.code,
  ]);
  expect(told.sort()).toEqual([
    ["document.completed", good.document_id, user.id, undefined],
    ["document.failed", bad.document_id, user.id, "PDF_IS_PROTECTED"],
  ]);
});

it("a receiver that is down for a while is told later, under the same id", async () => {
  receiver.state.status = 503;
  const { document_id } = await upload(user, variant(await handbook()));
  await waitFor(user, document_id, ["complete"]);
  await eventually(() => Promise.resolve(receiver.calls.length > 0), "a call");
  const [waiting] = await eventually(
    () =>
      sql`
        select last_status, last_error, attempt_count, delivered_at from pipeline_internal.outbox
        where last_status is not null`.then((rows) => rows.length > 0 && rows),
    "the answer to be noted",
  );
  expect(waiting).toMatchObject({
    last_status: 503,
    last_error: "it answered 503",
    delivered_at: null,
  });

  // It comes back; the sweeper sees to what is due by then.
  receiver.state.status = 200;
  await allDelivered(1);
  expect(receiver.received.map(({ body }) => body.data.document_id)).toEqual([
    document_id,
  ]);
  expect(receiver.calls.length).toBeGreaterThan(1);
  expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(1);
});
