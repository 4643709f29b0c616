import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { call, createUser, ENDED, eventually, fixture, PASSWORD, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";
import { startReceiver } from "./webhook_receiver.ts";

const sql = useDatabase();
const receiver = await startReceiver();
let user: User;

beforeEach(async () => {
  user = await createUser();
  const [{ secret }] = await sql`
    select pipeline_internal.add_endpoint(
      'receiver', ${receiver.url},
      array['document.completed', 'document.failed', 'document.deleted', 'account.deleted']) as secret`;
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
});

/** The outbox messages about the user's documents. */
const outbox = () =>
  sql`
    select message_id, type, last_status, last_error, delivered_at from pipeline_internal.outbox
    where user_id = ${user.id}`;

async function allDelivered(count: number) {
  await eventually(async () => {
    const rows = await outbox();
    return rows.length === count && rows.every((row) => row.delivered_at);
  }, `${count} messages to be delivered`);
}

/** The notifications about the user that the receiver got. */
const notifications = () =>
  receiver.received.map(({ body }) => body)
    .filter(({ data }) => data.user_id === user.id);

it("an application is notified once when a document is complete or has failed", async () => {
  const good = await upload(user);
  const bad = await upload(user, await fixture("encrypted.pdf"));
  await waitFor(user, good.document_id, ["complete"]);
  await waitFor(user, bad.document_id, ENDED);
  await allDelivered(2);

  const brief = notifications().map(({ type, data }) => [
    type,
    data.document_id,
    data.code,
  ]);
  expect(brief.sort()).toEqual([
    ["document.completed", good.document_id, undefined],
    ["document.failed", bad.document_id, "PDF_IS_PROTECTED"],
  ]);
});

it("a notification is delivered later, under the same id, when the receiver was down", async () => {
  receiver.state.status = 503;
  const { document_id } = await upload(user);
  await waitFor(user, document_id, ["complete"]);
  const waiting = await eventually(
    async () => (await outbox()).find(({ last_status }) => last_status),
    "the answer to be noted",
  );
  expect(waiting).toMatchObject({
    last_status: 503,
    last_error: "it answered 503",
    delivered_at: null,
  });

  // The receiver recovers; the sweeper delivers what is due.
  receiver.state.status = 200;
  await allDelivered(1);
  expect(notifications().map(({ data }) => data.document_id)).toEqual([
    document_id,
  ]);
  const calls = receiver.calls.filter(({ id }) => id === waiting.message_id);
  expect(calls.map(({ status }) => status)).toEqual(
    expect.arrayContaining([503, 200]),
  );
});

it("deleting an account replaces waiting notifications by those of the deletion", async () => {
  const { document_id } = await upload(user);
  await waitFor(user, document_id, ["complete"]);
  await allDelivered(1);
  receiver.state.status = 503;
  const waiting = await upload(user);
  await waitFor(user, waiting.document_id, ["complete"]);
  await eventually(
    async () => (await outbox()).find(({ last_status }) => last_status === 503),
    "an attempt that failed",
  );

  const { status } = await call("/api/account", {
    method: "DELETE",
    user,
    json: { password: PASSWORD },
  });
  expect(status).toBe(204);
  expect(new Set((await outbox()).map(({ type }) => type)))
    .toEqual(new Set(["document.deleted", "account.deleted"]));
  receiver.state.status = 204;
  await sql`update pipeline_internal.outbox set due_at = now() where user_id = ${user.id}`;
  await eventually(
    async () => (await outbox()).length === 0,
    "all notifications to be sent, and no row to name the user",
  );

  expect(
    notifications().map(({ type, data }) => [type, data.document_id ?? null])
      .sort(),
  ).toEqual([
    ["account.deleted", null],
    ["document.completed", document_id],
    ...[document_id, waiting.document_id].sort()
      .map((id) => ["document.deleted", id]),
  ]);
});

it("audit entries are sent to a receiver that subscribes to them", async () => {
  await sql`update pipeline_internal.endpoints set events = events || '{audit.recorded}' where name = 'receiver'`;
  const requestId = crypto.randomUUID();
  const { body } = await call("/api/upload-document-backend", {
    method: "POST",
    user,
    headers: { "x-request-id": requestId },
    json: {
      filename: "a.pdf",
      mime: "application/pdf",
      bytes_len: 1,
      sha256: "a".repeat(64),
    },
  });
  const entry = await eventually(
    () =>
      Promise.resolve(
        receiver.received.find(({ body: { data } }) => data.request_id === requestId),
      ),
    "the notification of the audit entry",
  );
  const [row] = await sql`
    select to_jsonb(a) as data from pipeline_internal.audit_log a where request_id = ${requestId}`;
  expect(entry.body).toMatchObject({ type: "audit.recorded", data: row.data });
  expect(row.data).toMatchObject({
    action: "upload",
    user_id: user.id,
    subject_id: body.document_id,
  });
});
