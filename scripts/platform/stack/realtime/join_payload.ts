import { z } from "zod";

/** The real server takes booleans as text too. */
const flag = z.union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })]).catch(false);

/**
 * What `phx_join` asks for. What cannot be read counts as left out, as with the real server: a join without a readable
 * `private` is a public one.
 */
const schema = z.object({
  access_token: z.string().optional().catch(undefined),
  user_token: z.string().optional().catch(undefined),
  config: z.object({
    private: flag.default(false),
    broadcast: z.object({
      ack: flag.default(false),
      self: flag.default(false),
      replication_ready: flag.default(false),
      replay: z.unknown().optional(),
    }).partial().catch({}).default({}),
    presence: z.object({ enabled: flag.default(false) }).partial().catch({}).default({}),
    postgres_changes: z.array(z.unknown()).catch([]).default([]),
  }).partial().catch({}).default({}),
});

export type JoinPayload = z.infer<typeof schema>;

export function readJoinPayload(payload: unknown): JoinPayload {
  return schema.catch(schema.parse({})).parse(payload);
}

/** Features of the real server that this one lacks: what a join asked for, and what to do instead. */
export function missingFeature({ config }: JoinPayload): string | undefined {
  if ((config.postgres_changes ?? []).some((change) => change !== null)) {
    return missing("postgres_changes", "Broadcast changes with realtime.send");
  }
  if (config.presence?.enabled) return missing("presence", "Leave the channel's presence listeners out");
  if (config.broadcast?.replay !== undefined) {
    return missing("replay of broadcasts", "Read what was missed from the database");
  }
  return undefined;
}

export function missing(feature: string, instead: string): string {
  return `NotInLocalStack: The local stack's Realtime has no ${feature}. ${instead}, or test against a hosted project.`;
}
