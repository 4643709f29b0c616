import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { eachOf } from "../../../scripts/platform/test_stack/documents.ts";
import { createUser, eventually, llamaparse, newPdf, PASSWORD, pause, register, upload, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";
import { closeAll, follow, realtime, soon } from "./live_harness.ts";

const DOCUMENTS = 25;
const CLIENTS = 50;
/** Milliseconds from a commit until the client has its status, at the 95th percentile. */
const SEEN_WITHIN_MS = 300;

describe("a live subscription", () => {
  const sql = useDatabase();
  let user: User;
  beforeAll(async () => {
    await llamaparse.reset();
    user = await createUser();
  });
  afterEach(async () => {
    closeAll();
    await realtime("on");
  });

  const lastStatus = async (documentId: string) => {
    const [row] = await sql`
      select status from upload_pipeline.document_status where document_id = ${documentId}`;
    return row?.status as string | undefined;
  };

  it("shows each status of a document in its order, without polling", async () => {
    const live = follow(user);
    await live.isLive();
    const bytes = await newPdf();
    const { body: { document_id, signed_url } } = await register(user, bytes);
    // Of a document that is new to it, a subscription reads the row: the bytes wait until it has.
    await soon(() => live.of(document_id)).toEqual(["awaiting_upload"]);
    await fetch(signed_url, { method: "PUT", body: Buffer.from(bytes) });
    await soon(() => live.of(document_id).at(-1)).toBe("complete");
    expect(live.states).toEqual(["live"]);
    expect(live.errors).toEqual([]);
    // What was shown last is what the API says.
    const last = () => live.statuses.filter(({ status }) => status.document_id === document_id).at(-1)!.status;
    const status = await live.pipeline.status(document_id);
    await soon(last).toEqual(status);
    await live.pipeline.remove(document_id);
    await soon(() => live.removed).toEqual([document_id]);
  });

  it(`shows a status within ${SEEN_WITHIN_MS} ms of its commit (p95)`, async () => {
    const owner = await createUser();
    const live = follow(owner);
    await live.isLive();
    const received = new Map<number, number>();
    // A supabase-js client alone, besides: its messages carry their numbers.
    const other = await sameUser(owner);
    await other.realtime.setAuth();
    const joined = Promise.withResolvers<void>();
    other.channel(`user:${owner.id}`, { config: { private: true } })
      .on("broadcast", { event: "document.status" }, ({ payload }) => received.set(payload.event_no, Date.now()))
      .subscribe((status, error) => status === "SUBSCRIBED" ? joined.resolve() : joined.reject(error ?? status));
    await joined.promise;

    const uploaded: string[] = [];
    for (let n = 0; n < DOCUMENTS; n++) {
      const { document_id } = await upload(owner);
      uploaded.push(document_id);
      await soon(() => live.of(document_id).at(-1)).toBe("complete");
    }
    // The event is written within its transaction, at its very end: what is measured includes the commit.
    const events = await sql<{ event_no: number; at: number; documents: string[] }[]>`
      select event_no::int, document_ids as documents, (extract(epoch from created_at) * 1000)::float8 as at
      from upload_pipeline.live_events where user_id = ${owner.id} order by event_no`;
    await soon(() => received.size).toBeGreaterThanOrEqual(events.length);

    const messages = events.map(({ event_no, at }) => received.get(event_no)! - at);
    const ends = uploaded.map((documentId) => {
      const seen = live.statuses.filter(({ status }) => status.document_id === documentId);
      const complete = seen.find(({ status }) => status.status === "complete")!;
      return complete.at - events.filter(({ documents }) => documents.includes(documentId)).at(-1)!.at;
    });
    const report = (name: string, delays: number[]) =>
      `${name}: ${delays.length}, p50 ${percentile(delays, 50).toFixed(0)} ms, p95 ${
        percentile(delays, 95).toFixed(0)
      } ms`;
    console.log(`seen after the commit: ${report("messages", messages)}; ${report("client's last statuses", ends)}`);
    expect(messages.length).toBeGreaterThan(DOCUMENTS * 4);
    expect(percentile(messages, 95)).toBeLessThanOrEqual(SEEN_WITHIN_MS);
    expect(percentile(ends, 95)).toBeLessThanOrEqual(SEEN_WITHIN_MS);
    await other.removeAllChannels();
  });

  it("shows nothing of another user", async () => {
    const stranger = follow(await createUser());
    await stranger.isLive();
    const live = follow(user);
    await live.isLive();
    const { document_id } = await upload(user);
    await soon(() => live.of(document_id).at(-1)).toBe("complete");
    expect(stranger.statuses).toEqual([]);
    expect(stranger.removed).toEqual([]);
  });

  it("catches up when connections are cut while documents move", async () => {
    const live = follow(user);
    await live.isLive();
    const documents: string[] = [];
    for (let n = 0; n < 6; n++) {
      documents.push((await upload(user)).document_id);
      await realtime("cut");
      await pause(300);
    }
    for (const documentId of documents) await soon(() => live.of(documentId).at(-1)).toBe("complete");
    await live.isLive();
    expect(live.states).toContain("polling");
    expect(live.errors).toContain("live_interrupted");
  });

  it("polls while Realtime is off, and is live again when it returns", async () => {
    const live = follow(user);
    await live.isLive();
    await realtime("off");
    await soon(() => live.subscription.state).toBe("polling");
    const { document_id } = await upload(user);
    await soon(() => live.of(document_id).at(-1)).toBe("complete");
    await live.pipeline.remove(document_id);
    await soon(() => live.removed).toContain(document_id);
    expect(live.subscription.state).toBe("polling");
    await realtime("on");
    await live.isLive();
  });

  it("polls when Realtime was never there", async () => {
    await realtime("off");
    const live = follow(await createUserLike(user));
    const { document_id } = await upload(user);
    await soon(() => live.of(document_id).at(-1)).toBe("complete");
    expect(live.states).toEqual(["polling"]);
  });

  it("polls also where the switch is off, so that nothing is broadcast", async () => {
    await sql`update pipeline_internal.limits set live_status = false`;
    try {
      const live = follow(await createUser());
      await live.isLive();
      const owner = await createUser();
      const own = follow(owner);
      await own.isLive();
      await realtime("off");
      const { document_id } = await upload(owner);
      await soon(() => own.of(document_id).at(-1)).toBe("complete");
      expect(live.statuses).toEqual([]);
    } finally {
      await sql`update pipeline_internal.limits set live_status = true`;
    }
  });

  it("reads what a lost message was about when the next one shows the gap", async () => {
    const live = follow(user);
    await live.isLive();
    const { document_id } = await upload(user);
    await soon(() => live.of(document_id).at(-1)).toBe("complete");
    const titles = () =>
      live.statuses.filter(({ status }) => status.document_id === document_id).map(({ status }) => status.title);
    // The row, which has a title, is read after the last message was handed on.
    await soon(() => titles().at(-1)).toBeDefined();
    // A message that Realtime loses: the document changes, its number is used, and nothing is broadcast.
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update upload_pipeline.documents set title = 'Lost' where document_id = ${document_id}`;
      await tx`
        insert into upload_pipeline.live_events (user_id, event_no, document_ids)
        select ${user.id}, max(event_no) + 1, array[${document_id}]::uuid[]
        from upload_pipeline.live_events where user_id = ${user.id}`;
    });
    await pause(500);
    expect(titles()).not.toContain("Lost");
    await register(user);
    await soon(titles).toContain("Lost");
    expect(live.states).toEqual(["live"]);
  });

  it("goes on over a renewal of the session", async () => {
    const owner = await createUser();
    const live = follow(owner);
    await live.isLive();
    const { data, error } = await owner.client.auth.refreshSession();
    expect(error).toBeNull();
    owner.token = data.session!.access_token;
    const { document_id } = await upload(owner);
    await soon(() => live.of(document_id).at(-1)).toBe("complete");
    expect(live.states).toEqual(["live"]);
  });

  it("ends with the session, and never shows the next user anything of the earlier one", async () => {
    const owner = await createUser();
    const next = await createUser();
    const live = follow(owner);
    await live.isLive();
    await owner.client.auth.signInWithPassword({ email: next.email, password: PASSWORD });
    await soon(() => live.subscription.state).toBe("closed");
    const after = follow({ client: owner.client });
    await after.isLive();
    const { document_id } = await upload(owner);
    const own = await upload(next);
    await soon(() => after.of(own.document_id).at(-1)).toBe("complete");
    await eventually(async () => await lastStatus(document_id) === "complete", "the earlier user's document");
    expect(after.of(document_id)).toEqual([]);
    expect(live.statuses).toEqual([]);
    await owner.client.auth.signOut();
    await soon(() => after.states.at(-1)).toBe("closed");
  });

  it("is closed at once, with the reason, without a session", async () => {
    const { client } = await createUser();
    await client.auth.signOut();
    const live = follow({ client });
    await soon(() => live.states).toEqual(["closed"]);
    expect(live.errors).toEqual(["session_expired"]);
  });

  it("calls no handler after it is closed, and serves the others", async () => {
    const [first, second] = [follow(user), follow(user)];
    await Promise.all([first.isLive(), second.isLive()]);
    expect(user.client.getChannels()).toHaveLength(1);
    first.subscription.close();
    const { document_id } = await upload(user);
    await soon(() => second.of(document_id).at(-1)).toBe("complete");
    expect(first.of(document_id)).toEqual([]);
    expect(first.states).toEqual(["live"]);
    second.subscription.close();
    await soon(() => user.client.getChannels()).toHaveLength(0);
    const again = follow(user);
    await again.isLive();
  });

  it("wakes those who wait for a document, so that they poll seldom", async () => {
    const live = follow(user);
    await live.isLive();
    const { document_id } = await upload(user);
    const asked: string[] = [];
    const { fetch } = globalThis;
    globalThis.fetch = (input, init) => {
      asked.push(String(input instanceof Request ? input.url : input));
      return fetch(input, init);
    };
    try {
      const seen: string[] = [];
      await live.pipeline.waitUntilComplete(document_id, { onStatus: ({ status }) => seen.push(status) });
      expect(seen.at(-1)).toBe("complete");
      const polls = asked.filter((url) => url.includes(`document_id=eq.${document_id}`)).length;
      expect(polls).toBeLessThanOrEqual(live.of(document_id).length + 2);
    } finally {
      globalThis.fetch = fetch;
    }
  });

  it(`serves ${CLIENTS} users at once, each their own`, async () => {
    const users: User[] = [];
    await eachOf(Array.from({ length: CLIENTS }), 5, async () => void users.push(await createUser()));
    const all = users.map(follow);
    await Promise.all(all.map((live) => live.isLive()));
    const registered: string[] = [];
    for (const owner of users) registered.push((await register(owner)).body.document_id);
    for (const [n, live] of all.entries()) {
      await soon(() => live.of(registered[n]).length).toBeGreaterThan(0);
    }
    for (const [n, live] of all.entries()) {
      expect(new Set(live.statuses.map(({ status }) => status.document_id))).toEqual(new Set([registered[n]]));
    }
  });
});

async function sameUser({ email }: User) {
  const { client } = await createUser();
  const { error } = await client.auth.signInWithPassword({ email, password: PASSWORD });
  if (error) throw error;
  return client;
}

async function createUserLike(user: User) {
  return { client: await sameUser(user) };
}

function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.ceil(sorted.length * percent / 100), sorted.length) - 1];
}
