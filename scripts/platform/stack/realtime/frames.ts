/**
 * How messages travel: as JSON objects with `vsn` 1.0.0, as JSON arrays with 2.0.0. With 2.0.0, broadcasts are binary
 * frames, so that a payload passes through unread; with 1.0.0 they are JSON, and a payload of bytes cannot be sent.
 */
export const VERSIONS = ["1.0.0", "2.0.0"] as const;
export type Version = (typeof VERSIONS)[number];

/** What a client sends, and what the server sends to one client. */
export interface Message {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}

/** A broadcast on its way to the channels of a topic. */
export interface Broadcast {
  event: string;
  /** Its payload: JSON as text, or bytes. */
  payload: string | Uint8Array;
  /** The row in `realtime.messages` that it comes from. */
  id?: string;
}

/** A broadcast that a client pushed in a binary frame. */
export interface PushedBroadcast extends Message {
  event: "broadcast";
  payload: Broadcast;
  isFrame: true;
}

export type Incoming = (Message & { isFrame?: false }) | PushedBroadcast;

const PUSHED_BROADCAST = 3;
const BROADCAST = 4;
const BYTES = 0;
const JSON_TEXT = 1;
const LONGEST_FIELD = 255;

/** A frame that no version allows; the real server ends the connection. */
export class MalformedFrame extends Error {}

export function decode(data: string | ArrayBuffer, version: Version): Incoming {
  if (typeof data !== "string") return decodePushedBroadcast(new Uint8Array(data));
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch (error) {
    throw new MalformedFrame("The frame is not JSON.", { cause: error });
  }
  const message = version === "2.0.0" ? fromArray(parsed) : fromObject(parsed);
  if (typeof message.topic !== "string" || typeof message.event !== "string") {
    throw new MalformedFrame("The frame has no topic or no event.");
  }
  return message;
}

export function encode({ joinRef, ref, topic, event, payload }: Message, version: Version): string {
  return JSON.stringify(
    version === "2.0.0" ? [joinRef, ref, topic, event, payload] : { topic, event, payload, ref },
  );
}

/** @returns undefined if this version cannot carry it */
export function encodeBroadcast(
  topic: string,
  { event, payload, id }: Broadcast,
  version: Version,
): string | Uint8Array<ArrayBuffer> | undefined {
  if (version === "1.0.0") {
    if (typeof payload !== "string") return undefined;
    const meta = id === undefined ? "" : `,"meta":${JSON.stringify({ id })}`;
    return `{"topic":${JSON.stringify(topic)},"event":"broadcast","payload":{"event":${JSON.stringify(event)},` +
      `"payload":${payload},"type":"broadcast"${meta}},"ref":null}`;
  }
  const text = new TextEncoder();
  const fields = [topic, event, id === undefined ? "" : JSON.stringify({ id })].map((field) => text.encode(field));
  const tooLong = fields.some(({ length }) => length > LONGEST_FIELD);
  if (tooLong) return undefined;
  const head = [BROADCAST, ...fields.map(({ length }) => length), typeof payload === "string" ? JSON_TEXT : BYTES];
  const body = typeof payload === "string" ? text.encode(payload) : payload;
  return joined([new Uint8Array(head), ...fields, body]);
}

function fromArray(parsed: unknown): Message {
  if (!Array.isArray(parsed) || parsed.length < 5) throw new MalformedFrame("The frame is no array of five.");
  const [joinRef, ref, topic, event, payload] = parsed;
  return { joinRef, ref, topic, event, payload };
}

function fromObject(parsed: unknown): Message {
  if (typeof parsed !== "object" || parsed === null) throw new MalformedFrame("The frame is no object.");
  const { join_ref = null, ref = null, topic, event, payload } = parsed as Record<string, never>;
  return { joinRef: join_ref, ref, topic, event, payload };
}

function decodePushedBroadcast(frame: Uint8Array): PushedBroadcast {
  const [kind, joinRefSize, refSize, topicSize, eventSize, metadataSize, encoding] = frame;
  if (kind !== PUSHED_BROADCAST || frame.length < 7) throw new MalformedFrame(`Unknown kind of frame: ${kind}.`);
  let at = 7;
  const take = (size: number) => new TextDecoder().decode(frame.subarray(at, at += size));
  const [joinRef, ref, topic, event] = [joinRefSize, refSize, topicSize, eventSize].map(take);
  at += metadataSize;
  if (at > frame.length) throw new MalformedFrame("The frame ends too early.");
  const rest = frame.subarray(at);
  const payload = encoding === JSON_TEXT ? new TextDecoder().decode(rest) : rest;
  return {
    joinRef: joinRef || null,
    ref: ref || null,
    topic,
    event: "broadcast",
    payload: { event, payload },
    isFrame: true,
  };
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
