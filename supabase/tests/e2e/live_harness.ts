import { expect } from "vitest";
import {
  createPipelineClient,
  type DocumentStatus,
  type LiveState,
  type LiveSubscription,
  type PipelineClient,
} from "../../../client/src/index.ts";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { TIMEOUT_MS } from "./eventually.ts";
import { stack, type User } from "./harness.ts";

/** Switches the stack's Realtime off or on, or cuts its connections. */
export async function realtime(action: "on" | "off" | "cut"): Promise<void> {
  const response = await fetch(`${stack.url}/_stack/realtime`, {
    method: "POST",
    headers: { authorization: `Bearer ${LOCAL_KEYS.managementToken}` },
    body: JSON.stringify({ action }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Polls a value until it is as expected. */
export function soon<T>(value: () => T) {
  return expect.poll(value, { timeout: TIMEOUT_MS, interval: 20 });
}

/** A subscription and what its handlers received. */
export interface Followed {
  pipeline: PipelineClient;
  subscription: LiveSubscription;
  statuses: { status: DocumentStatus; at: number }[];
  removed: string[];
  states: LiveState[];
  errors: string[];
  /** The statuses of a document, in order. */
  of(documentId: string): string[];
  isLive(): Promise<void>;
}

const followed: Followed[] = [];

export function follow({ client }: Pick<User, "client">): Followed {
  const pipeline = createPipelineClient(client);
  const statuses: Followed["statuses"] = [];
  const removed: string[] = [];
  const states: LiveState[] = [];
  const errors: string[] = [];
  const subscription = pipeline.subscribe({
    onStatus: (status) => statuses.push({ status, at: Date.now() }),
    onRemoved: (documentId) => removed.push(documentId),
    onState: (state) => states.push(state),
    onError: ({ code }) => errors.push(code),
  });
  const recorded: Followed = {
    pipeline,
    subscription,
    statuses,
    removed,
    states,
    errors,
    of: (documentId) =>
      statuses.filter(({ status }) => status.document_id === documentId).map(({ status }) => status.status),
    isLive: () => soon(() => subscription.state).toBe("live"),
  };
  followed.push(recorded);
  return recorded;
}

/** Closes all subscriptions of a test file. */
export function closeAll(): void {
  for (const { subscription } of followed.splice(0)) subscription.close();
}
