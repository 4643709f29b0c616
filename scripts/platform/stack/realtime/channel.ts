import { type Identity, MissingPartition, PolicyFailed } from "./authorization.ts";
import type { Broadcast, Incoming } from "./frames.ts";
import { type JoinPayload, missing } from "./join_payload.ts";
import type { Tenant } from "./tenant.ts";
import { type Claims, TokenRefused, verifyToken } from "./tokens.ts";
import type { Subscriber } from "./topics.ts";

/** Why a join is refused, in the real server's words. */
export class JoinRefused extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** How a channel answers its client. */
export interface ChannelOutput {
  push(event: string, payload: unknown): void;
  reply(ref: string | null, status: "ok" | "error", response: unknown): void;
  broadcast(broadcast: Broadcast): void;
  /** The channel has ended; the client is notified. */
  closed(): void;
}

/**
 * One joined channel of one connection. Its token is verified at the join, at each renewal and when it expires; the
 * policies are asked at the join and at each renewal, and the answers hold in between. The policy for sending is asked
 * when the client first sends.
 */
export class Channel implements Subscriber {
  #token: string;
  #identity: Identity;
  #mayWrite: boolean | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  private constructor(
    private readonly tenant: Tenant,
    private readonly topic: string,
    private readonly config: JoinPayload["config"],
    private readonly output: ChannelOutput,
    token: string,
    identity: Identity,
  ) {
    this.#token = token;
    this.#identity = identity;
  }

  get isPrivate(): boolean {
    return this.config.private ?? false;
  }

  /**
   * @param token of the user, or the connection's
   * @throws {JoinRefused | TokenRefused}
   */
  static async join(
    tenant: Tenant,
    topic: string,
    { config }: JoinPayload,
    token: { text: string; claims?: Claims },
    headers: Record<string, string>,
    output: ChannelOutput,
  ): Promise<Channel> {
    const claims = token.claims ?? await verifyToken(token.text, tenant.keys);
    const channel = new Channel(tenant, topic, config, output, token.text, { topic, claims, headers });
    if (channel.isPrivate && !await channel.#mayRead()) throw channel.#unauthorized();
    channel.#watchExpiry();
    tenant.topics.join(topic, channel.isPrivate, channel);
    return channel;
  }

  receive(broadcast: Broadcast): void {
    this.tenant.messages.add();
    this.output.broadcast(broadcast);
    if (this.tenant.messages.isExceeded) this.#shutDown("Too many messages per second");
  }

  async handle(message: Incoming): Promise<void> {
    switch (message.event) {
      case "access_token":
        return await this.#renew((message.payload as { access_token?: unknown } | null)?.access_token);
      case "broadcast":
        return await this.#send(message);
      case "presence":
        return this.output.reply(message.ref, "error", {
          reason: missing("presence", "Keep who is present in a table"),
        });
        // The real server ignores anything else.
    }
  }

  /** Ends without notifying the client. May be called again. */
  end(): void {
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    this.tenant.topics.leave(this.topic, this.isPrivate, this);
  }

  async #renew(token: unknown): Promise<void> {
    // A key in place of a token is what supabase-js sends when the user has signed out. The channel stays as it is.
    if (typeof token !== "string" || token.startsWith("sb_") || token === this.#token) return;
    this.#token = token;
    this.#mayWrite = undefined;
    try {
      this.#identity = { ...this.#identity, claims: await verifyToken(token, this.tenant.keys) };
    } catch (error) {
      if (error instanceof TokenRefused) return this.#shutDown(error.message);
      throw error;
    }
    try {
      if (this.isPrivate && !await this.#mayRead()) throw this.#unauthorized();
    } catch (error) {
      if (error instanceof JoinRefused) return this.#shutDown(error.message);
      throw error;
    }
    if (!this.#isClosed) this.#watchExpiry();
  }

  async #send({ ref, payload, ...message }: Incoming): Promise<void> {
    // Without the policy, a broadcast vanishes without an answer, also where one was asked for.
    if (this.isPrivate && !await this.#mayWriteNow()) return;
    const broadcast = message.isFrame ? payload as Broadcast : broadcastOf(payload);
    const { ack, self } = this.config.broadcast ?? {};
    this.tenant.messages.add();
    const isTooLarge = sizeOf(broadcast.payload) > this.tenant.limits.payloadBytes;
    if (!isTooLarge) this.tenant.topics.broadcast(this.topic, this.isPrivate, broadcast, self ? undefined : this);
    else this.tenant.log("PayloadSizeExceeded", "A broadcast was larger than the limit.", this.topic);
    if (ack) this.output.reply(ref, isTooLarge ? "error" : "ok", {});
  }

  async #mayWriteNow(): Promise<boolean> {
    return this.#mayWrite ??= await this.#ask("mayWrite");
  }

  #mayRead(): Promise<boolean> {
    return this.#ask("mayRead");
  }

  async #ask(question: "mayRead" | "mayWrite"): Promise<boolean> {
    try {
      return await this.tenant.authorization[question](this.#identity);
    } catch (error) {
      if (error instanceof MissingPartition) throw new JoinRefused("MissingPartition", error.message);
      if (!(error instanceof PolicyFailed)) throw error;
      this.tenant.log("RlsPolicyError", error.message, this.topic);
      return false;
    }
  }

  #unauthorized(): JoinRefused {
    return new JoinRefused(
      "Unauthorized",
      `You do not have permissions to read from this Channel topic: ${this.topic}`,
    );
  }

  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    const left = this.#identity.claims.exp * 1000 - Date.now();
    const wait = Math.min(Math.max(left, 0), this.tenant.limits.tokenCheckMs);
    this.#expiry = setTimeout(() => this.#checkExpiry(), wait);
  }

  #checkExpiry(): void {
    const late = Math.floor(Date.now() / 1000) - this.#identity.claims.exp;
    if (late >= 0) this.#shutDown(`Token has expired ${late} seconds ago`);
    else this.#watchExpiry();
  }

  #shutDown(message: string): void {
    if (this.#isClosed) return;
    this.end();
    this.tenant.log("ChannelShutdown", message, this.topic);
    this.output.push("system", { extension: "system", status: "error", message, channel: this.topic });
    this.output.closed();
  }
}

function broadcastOf(payload: unknown): Broadcast {
  const { event, payload: body } = (payload ?? {}) as { event?: unknown; payload?: unknown };
  return { event: String(event ?? ""), payload: JSON.stringify(body ?? {}) };
}

export function sizeOf(payload: string | Uint8Array): number {
  return typeof payload === "string" ? new TextEncoder().encode(payload).length : payload.length;
}
