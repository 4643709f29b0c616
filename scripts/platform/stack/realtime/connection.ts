import { Channel, type ChannelOutput, JoinRefused } from "./channel.ts";
import {
  decode,
  encode,
  encodeBroadcast,
  type Incoming,
  MalformedFrame,
  type Message,
  type Version,
} from "./frames.ts";
import { missingFeature, readJoinPayload } from "./join_payload.ts";
import type { Tenant } from "./tenant.ts";
import { type Claims, TokenRefused } from "./tokens.ts";

const PREFIX = "realtime:";
const HEARTBEAT_TOPIC = "phoenix";
/** Codes of a closing WebSocket. */
const NORMAL = 1000;
const PROTOCOL_ERROR = 1002;
const TOO_SLOW = 1011;

export interface ConnectionOptions {
  version: Version;
  /** The claims of the API key; the identity of channels that name no token of their own. */
  keyClaims: Claims;
  /** Those that policies may read. */
  headers: Record<string, string>;
}

interface Joined {
  joinRef: string | null;
  channel: Channel;
}

/**
 * One WebSocket and the channels that its client has joined. Messages are handled one after the other, so a join that
 * is answered late delays what follows it, as on the real server.
 */
export class Connection {
  readonly #channels = new Map<string, Joined>();
  #handling: Promise<void> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #withoutChannel: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @param onClosed called once, when the connection has ended */
  constructor(
    private readonly socket: WebSocket,
    private readonly tenant: Tenant,
    private readonly options: ConnectionOptions,
    private readonly onError: (error: unknown) => void,
    onClosed: () => void,
  ) {
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = socket.onerror = () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#end();
      onClosed();
    };
    this.#watchIdle();
    this.#watchChannels();
  }

  close(code = NORMAL, reason = ""): void {
    this.#end();
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(code, reason);
  }

  #end(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#withoutChannel);
    for (const { channel } of this.#channels.values()) channel.end();
    this.#channels.clear();
  }

  #take(data: string | ArrayBuffer): void {
    this.#watchIdle();
    this.#handling = this.#handling.then(async () => {
      if (this.#isClosed) return;
      try {
        await this.#handle(decode(data, this.options.version));
      } catch (error) {
        if (error instanceof MalformedFrame) {
          this.tenant.log("MalformedFrame", error.message);
          return this.close(PROTOCOL_ERROR, error.message);
        }
        this.onError(error);
        this.close(TOO_SLOW, "An unexpected error occurred");
      }
    });
  }

  async #handle(message: Incoming): Promise<void> {
    const { topic, event, ref, joinRef } = message;
    if (topic === HEARTBEAT_TOPIC && event === "heartbeat") return this.#reply(message, "ok", {});
    if (event === "phx_join") return await this.#join(message);

    const joined = this.#channels.get(topic);
    if (event === "phx_leave") {
      if (joined) this.#leave(topic, joined);
      this.#reply(message, "ok", {});
      if (joined) this.#send({ joinRef: joined.joinRef, ref: joined.joinRef, topic, event: "phx_close", payload: {} });
      return;
    }
    // A message of an earlier join of the topic is dropped; of none at all, refused.
    if (!joined) return this.#send(replyOf(topic, joinRef, ref, "error", { reason: "unmatched topic" }));
    if (joinRef !== null && joinRef !== joined.joinRef) return;
    await joined.channel.handle(message);
  }

  async #join(message: Message): Promise<void> {
    const { topic, joinRef } = message;
    if (!topic.startsWith(PREFIX)) return this.#reply(message, "error", { reason: "unmatched topic" });
    const before = this.#channels.get(topic);
    if (before) {
      this.#leave(topic, before);
      this.#send({ joinRef: before.joinRef, ref: before.joinRef, topic, event: "phx_close", payload: {} });
    }
    try {
      const channel = await this.#open(topic.slice(PREFIX.length), message);
      if (this.#isClosed) return channel.end();
      this.#channels.set(topic, { joinRef, channel });
      this.#watchChannels();
      this.#reply(message, "ok", { postgres_changes: [] });
      if (readJoinPayload(message.payload).config.broadcast?.replication_ready) {
        this.#outputOf(topic, joinRef).push("system", {
          extension: "system",
          status: "ok",
          message: "Replication connection established",
          channel: topic.slice(PREFIX.length),
        });
      }
    } catch (error) {
      if (!(error instanceof JoinRefused || error instanceof TokenRefused)) throw error;
      const reason = error.code ? `${error.code}: ${error.message}` : error.message;
      this.tenant.log(error.code, error.message, topic.slice(PREFIX.length));
      await new Promise((resolve) => setTimeout(resolve, this.tenant.limits.refusedJoinMs));
      this.#reply(message, "error", { reason });
      if (error.code === TOO_MANY_JOINS) this.close();
    }
  }

  async #open(topic: string, { topic: fullTopic, joinRef, payload }: Message): Promise<Channel> {
    const { tenant, options } = this;
    if (topic === "") throw new JoinRefused("TopicNameRequired", "You must provide a topic name");
    const join = readJoinPayload(payload);
    if (tenant.privateOnly && !join.config.private) {
      throw new JoinRefused("PrivateOnly", "This project only allows private channels");
    }
    if (tenant.joins.isExceeded) throw new JoinRefused(TOO_MANY_JOINS, "Too many joins per second");
    tenant.joins.add();
    if (this.#channels.size >= tenant.limits.channelsPerClient) {
      throw new JoinRefused("ChannelRateLimitReached", "Too many channels");
    }
    const lacking = missingFeature(join);
    if (lacking) throw new JoinRefused("", lacking);

    const own = join.user_token ?? join.access_token;
    const token = own === undefined || own.startsWith("sb_") ? { text: "", claims: options.keyClaims } : { text: own };
    return await Channel.join(tenant, topic, join, token, options.headers, this.#outputOf(fullTopic, joinRef));
  }

  #outputOf(topic: string, joinRef: string | null): ChannelOutput {
    return {
      push: (event, payload) => this.#send({ joinRef, ref: null, topic, event, payload }),
      reply: (ref, status, response) => this.#send(replyOf(topic, joinRef, ref, status, response)),
      broadcast: (broadcast) => {
        const frame = encodeBroadcast(topic, broadcast, this.options.version);
        if (frame === undefined) {
          this.tenant.log("UnableToEncode", `A broadcast cannot be sent: ${broadcast.event}`, topic);
        } else this.#write(frame);
      },
      closed: () => {
        const joined = this.#channels.get(topic);
        if (joined?.joinRef !== joinRef) return;
        this.#channels.delete(topic);
        this.#watchChannels();
        this.#send({ joinRef, ref: joinRef, topic, event: "phx_close", payload: {} });
      },
    };
  }

  #leave(topic: string, { channel }: Joined): void {
    channel.end();
    this.#channels.delete(topic);
    this.#watchChannels();
  }

  #reply({ topic, joinRef, ref }: Message, status: "ok" | "error", response: unknown): void {
    this.#send(replyOf(topic, joinRef, ref, status, response));
  }

  #send(message: Message): void {
    this.#write(encode(message, this.options.version));
  }

  #write(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(frame);
    if (this.socket.bufferedAmount > this.tenant.limits.waitingBytes) {
      this.tenant.log("SlowConsumer", "A client read too slowly; its connection was closed.");
      this.close(TOO_SLOW, "Too slow");
    }
  }

  #watchIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), this.tenant.limits.idleMs);
  }

  #watchChannels(): void {
    clearTimeout(this.#withoutChannel);
    if (this.#channels.size > 0) return;
    this.#withoutChannel = setTimeout(() => this.close(), this.tenant.limits.withoutChannelMs);
  }
}

const TOO_MANY_JOINS = "ClientJoinRateLimitReached";

function replyOf(
  topic: string,
  joinRef: string | null,
  ref: string | null,
  status: "ok" | "error",
  response: unknown,
): Message {
  return { joinRef, ref, topic, event: "phx_reply", payload: { status, response } };
}
