import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPipelineClient, type LiveState, type LiveSubscription } from "./index.ts";
import { FakeLiveProject } from "./testing/fake_live_project.ts";

let project: FakeLiveProject;
const subscriptions: LiveSubscription[] = [];
beforeEach(() => void (project = new FakeLiveProject()));
afterEach(async () => {
  for (const subscription of subscriptions.splice(0)) subscription.close();
  await project[Symbol.asyncDispose]();
});

function follow(client = project.client()) {
  const seen: string[] = [];
  const states: LiveState[] = [];
  const errors: string[] = [];
  const subscription = createPipelineClient(client).subscribe({
    onStatus: ({ document_id, status, filename }) => {
      expect(filename).toBe(`${document_id}.pdf`);
      // An end is handed on twice: as its message says, and as its row does.
      if (seen.at(-1) !== `${document_id} ${status}`) seen.push(`${document_id} ${status}`);
    },
    onRemoved: (id) => seen.push(`${id} removed`),
    onState: (state) => states.push(state),
    onError: ({ code, message }) => errors.push(`${code}: ${message}`),
  });
  subscriptions.push(subscription);
  return {
    client,
    seen,
    states,
    errors,
    subscription,
    isLive: () => expect.poll(() => subscription.state).toBe("live"),
  };
}

describe("a live subscription", () => {
  it("starts with what changed last, then hands events on in their order", async () => {
    project.move({ id: "a", status: "uploaded", state: "queued" });
    const live = follow();
    await live.isLive();
    expect(live.seen).toEqual(["a uploaded"]);
    project.send({ id: "a", status: "parse_queued" });
    project.send({ id: "a", status: "chunking" }, { id: "b", status: "uploaded", state: "queued" });
    project.send({ id: "a", status: "complete", state: "done" });
    await expect.poll(() => live.seen).toContain("a complete");
    expect(live.seen).toContain("b uploaded");
    expect(live.seen.at(-1)).toBe("a complete");
    expect(live.states).toEqual(["live"]);
    expect(live.errors).toEqual([]);
  });

  it("reads nothing for a message about a known document at work", async () => {
    const live = follow();
    await live.isLive();
    project.send({ id: "a", status: "parse_queued" });
    await expect.poll(() => live.seen).toEqual(["a parse_queued"]);
    const before = project.reads.length;
    project.send({ id: "a", status: "chunking" });
    project.send({ id: "a", status: "embedding_in_progress" });
    await expect.poll(() => live.seen).toEqual(["a parse_queued", "a chunking", "a embedding_in_progress"]);
    expect(project.reads).toHaveLength(before);
  });

  it("never goes back to the status of an older message", async () => {
    const live = follow();
    await live.isLive();
    const first = project.messageOf(project.move({ id: "a", status: "parse_queued" }));
    const second = project.messageOf(project.move({ id: "a", status: "chunking" }));
    project.move({ id: "a", status: "embedding_in_progress" });
    project.broadcast(first);
    await expect.poll(() => live.seen).toEqual(["a embedding_in_progress"]);
    project.broadcast(second);
    project.broadcast(project.messageOf(3));
    project.send({ id: "a", status: "embeddings_stored" });
    await expect.poll(() => live.seen.at(-1)).toBe("a embeddings_stored");
    expect(live.seen).toEqual(["a embedding_in_progress", "a embeddings_stored"]);
  });

  it("drops a message that arrives twice", async () => {
    const live = follow();
    await live.isLive();
    project.send({ id: "a", status: "parse_queued" });
    await expect.poll(() => live.seen).toEqual(["a parse_queued"]);
    project.send({ id: "a", status: "chunking" });
    project.broadcast({ ...project.messageOf(1), status: "parse_queued" });
    project.send({ id: "a", status: "complete", state: "done" });
    await expect.poll(() => live.seen).toEqual(["a parse_queued", "a chunking", "a complete"]);
  });

  it("reads what lies in a gap, deletions included", async () => {
    project.move({ id: "a", status: "parse_queued" }, { id: "b", status: "parse_queued" });
    const live = follow();
    await live.isLive();
    live.seen.length = 0;
    project.move({ id: "a", status: "deleted" });
    project.move({ id: "c", status: "chunking" });
    project.send({ id: "b", status: "chunking" });
    await expect.poll(() => live.seen.toSorted()).toEqual(["a removed", "b chunking", "c chunking"]);
  });

  it("reads the documents of a message without room for them", async () => {
    const live = follow();
    await live.isLive();
    project.move({ id: "a", status: "chunking" }, { id: "b", status: "chunking" });
    project.broadcast({ ...project.messageOf(1), more: [], incomplete: true });
    await expect.poll(() => live.seen.toSorted()).toEqual(["a chunking", "b chunking"]);
  });

  it("reads all that changed when the numbers it missed are purged", async () => {
    project.move({ id: "a", status: "parse_queued" });
    const live = follow();
    await live.isLive();
    for (const id of ["b", "c", "d"]) project.move({ id, status: "chunking" });
    project.move({ id: "a", status: "deleted" });
    project.events.splice(0, 3);
    project.send({ id: "d", status: "complete", state: "done" });
    await expect.poll(() => live.seen.toSorted())
      .toEqual(["a parse_queued", "a removed", "b chunking", "c chunking", "d complete"]);
  });

  it("reports a message that it cannot read, and goes on", async () => {
    const live = follow();
    await live.isLive();
    project.broadcast({ event_no: "x" });
    await expect.poll(() => live.errors).toEqual(["unexpected_answer: A live message is not as expected."]);
    project.send({ id: "a", status: "chunking" });
    await expect.poll(() => live.seen).toEqual(["a chunking"]);
  });

  it("polls while joins are refused, and joins again later", async () => {
    project.refusal = "Unauthorized: No.";
    const live = follow();
    await expect.poll(() => live.subscription.state).toBe("polling");
    expect(live.errors).toEqual(["live_interrupted: Realtime does not deliver: Unauthorized: No.."]);
    project.move({ id: "a", status: "chunking" });
    await expect.poll(() => live.seen).toEqual(["a chunking"]);
    project.refusal = undefined;
    await live.isLive();
    expect(live.client.getChannels()).toHaveLength(1);
  });

  it("joins again when the server ends the channel", async () => {
    const live = follow();
    await live.isLive();
    project.shutDown("Token has expired 0 seconds ago");
    await expect.poll(() => live.states).toEqual(["live", "polling"]);
    expect(live.errors[0]).toContain("Token has expired 0 seconds ago");
    project.move({ id: "a", status: "chunking" });
    await live.isLive();
    expect(live.seen).toEqual(["a chunking"]);
    expect(project.joins).toBe(2);
  });

  it("ends when a join finds another user, and shows nothing of theirs", async () => {
    let user = "ann";
    const live = follow(project.client(() => user));
    await live.isLive();
    user = "ben";
    project.shutDown("You do not have permissions");
    await expect.poll(() => live.subscription.state).toBe("closed");
    expect(project.joins).toBe(1);
    const own = follow(live.client);
    await own.isLive();
    expect(project.requests).toContain("join realtime:user:ben");
  });

  it("is closed without a user, and says why", async () => {
    const live = follow(project.client(() => null));
    await expect.poll(() => live.states).toEqual(["closed"]);
    expect(live.errors[0]).toMatch(/^session_expired/);
    expect(project.requests).toEqual([]);
  });

  it("reads through the API where the schema is not exposed", async () => {
    project.isExposed = false;
    project.move({ id: "a", status: "parse_queued" });
    const live = follow();
    await live.isLive();
    expect(live.seen).toEqual(["a parse_queued"]);
    project.send({ id: "a", status: "chunking" });
    project.send({ id: "b", status: "uploaded", state: "queued" });
    project.send({ id: "a", status: "deleted" });
    await expect.poll(() => live.seen).toEqual(["a parse_queued", "a chunking", "b uploaded", "a removed"]);
  });

  it("reports an error of reading once, and recovers", async () => {
    project.failure = () => Response.json({ message: "later" }, { status: 503 });
    const live = follow();
    await expect.poll(() => live.states).toEqual(["polling"]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(live.errors).toHaveLength(1);
    project.failure = undefined;
    await live.isLive();
  });

  it("joins and reads at once when the tab is shown again", async () => {
    const page = Object.assign(new EventTarget(), { hidden: false });
    Object.assign(globalThis, { document: page });
    try {
      project.refusal = "No.";
      const live = follow();
      await expect.poll(() => live.subscription.state).toBe("polling");
      page.hidden = true;
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const reads = project.reads.length;
      project.move({ id: "a", status: "chunking" });
      project.refusal = undefined;
      page.hidden = false;
      page.dispatchEvent(new Event("visibilitychange"));
      const begun = performance.now();
      await live.isLive();
      expect(performance.now() - begun).toBeLessThan(800);
      expect(live.seen).toEqual(["a chunking"]);
      expect(project.reads.length).toBeGreaterThan(reads);
    } finally {
      Reflect.deleteProperty(globalThis, "document");
    }
  });

  it("shares a channel, which is left with the last subscription", async () => {
    const client = project.client();
    const first = follow(client);
    const second = follow(client);
    await Promise.all([first.isLive(), second.isLive()]);
    expect(project.joins).toBe(1);
    first.subscription.close();
    project.send({ id: "a", status: "chunking" });
    await expect.poll(() => second.seen).toEqual(["a chunking"]);
    expect(first.seen).toEqual([]);
    second.subscription.close();
    await expect.poll(() => client.getChannels()).toEqual([]);
  });

  it("stays joined when it is closed and opened again at once, as React does", async () => {
    const client = project.client();
    follow(client).subscription.close();
    const live = follow(client);
    await live.isLive();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(live.subscription.state).toBe("live");
    expect(project.joins).toBe(1);
  });
});
