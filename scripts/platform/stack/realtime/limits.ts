/** Hosted's limits on its free plan; https://supabase.com/docs/guides/realtime/limits */
export interface RealtimeLimits {
  /** Connected clients. */
  clients: number;
  /** Joins a second, as a mean of up to a minute. */
  joinsPerSecond: number;
  /** Messages a second, sent and received, as a mean of up to a minute. */
  messagesPerSecond: number;
  channelsPerClient: number;
  /** Bytes of a broadcast's payload. */
  payloadBytes: number;
  /** Bytes that may wait for a client that reads slowly; then its connection is cut. */
  waitingBytes: number;
  /** Milliseconds without a message, heartbeats included, after which a connection is closed. */
  idleMs: number;
  /** Milliseconds after which a connection without a channel is closed. */
  withoutChannelMs: number;
  /** Milliseconds after which a token is verified again, at the latest. */
  tokenCheckMs: number;
  /** Milliseconds that the answer to a refused join is held back, so that clients do not hurry. */
  refusedJoinMs: number;
  /** The same for a refused connection. */
  refusedConnectionMs: number;
}

export const HOSTED_LIMITS: RealtimeLimits = {
  clients: 200,
  joinsPerSecond: 100,
  messagesPerSecond: 100,
  channelsPerClient: 100,
  payloadBytes: 256_000 + 500,
  waitingBytes: 50_000_000,
  idleMs: 60_000,
  withoutChannelMs: 600_000,
  tokenCheckMs: 300_000,
  refusedJoinMs: 5_000,
  refusedConnectionMs: 2_000,
};
