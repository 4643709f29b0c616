import type { Message, Version } from "../frames.ts";
import { decode, encode } from "../frames.ts";

/** A WebSocket that speaks the protocol by hand. For tests. */
export interface RawClient {
  socket: WebSocket;
  /** Everything received and not yet taken. */
  received: Message[];
  send(message: Partial<Message> & { topic: string; event: string }): void;
  /** Waits for the first message that matches, and takes it. */
  next(matches: Partial<Message>): Promise<Message>;
  closed: Promise<CloseEvent>;
}

const WITHIN_MS = 10_000;

export async function openRawClient(url: string, key: string, version: Version = "2.0.0"): Promise<RawClient> {
  const address = `${url.replace("http", "ws")}/realtime/v1/websocket?apikey=${key}&vsn=${version}`;
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  const received: Message[] = [];
  const waiting = new Set<() => void>();
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") received.push(decode(data, version));
    for (const wake of waiting) wake();
  };
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("The connection was refused."));
  });
  return {
    socket,
    received,
    closed,
    send: (message) => socket.send(encode({ joinRef: null, ref: null, payload: {}, ...message }, version)),
    async next(matches) {
      const deadline = Date.now() + WITHIN_MS;
      for (;;) {
        const at = received.findIndex((message) =>
          Object.entries(matches).every(([name, value]) => message[name as keyof Message] === value)
        );
        if (at >= 0) return received.splice(at, 1)[0];
        if (Date.now() > deadline) {
          throw new Error(`No message ${JSON.stringify(matches)}: ${JSON.stringify(received)}`);
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(wake, 100);
          function wake() {
            clearTimeout(timer);
            waiting.delete(wake);
            resolve();
          }
          waiting.add(wake);
        });
      }
    },
  };
}
