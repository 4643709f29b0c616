import type { SupabaseClient } from "@supabase/supabase-js";
import { PipelineError } from "./pipeline_error.ts";

export interface LiveChannelEvents {
  /** The server delivers from now on. */
  joined(): void;
  /** The payload of a `document.status`. */
  received(payload: unknown): void;
  /**
   * It never joined, or delivers no more. Called once.
   * @param left resolves when the channel is left
   */
  down(error: PipelineError, left: Promise<void>): void;
}

export interface LiveChannel {
  /** Leaves the channel; no event is called afterwards. */
  leave(): Promise<void>;
}

/** The event of the broadcasts. */
const EVENT = "document.status";

/** Joins the user's private channel. Who may join is for row-level security on `realtime.messages` to say. */
export function joinLiveChannel(supabase: SupabaseClient, userId: string, on: LiveChannelEvents): LiveChannel {
  let isOver = false;
  let reason: string | undefined;
  const channel = supabase.channel(`user:${userId}`, { config: { private: true } });

  const leave = async () => {
    isOver = true;
    await supabase.removeChannel(channel);
  };

  const end = (message: string, cause?: unknown) => {
    if (isOver) return;
    isOver = true;
    // Left within its own callback, the channel would be joined again by the library's timer, which is set afterwards.
    const left = Promise.resolve().then(leave);
    on.down(new PipelineError("live_interrupted", message, { cause }), left);
  };

  channel
    .on("broadcast", { event: EVENT }, ({ payload }) => {
      if (!isOver) on.received(payload);
    })
    .on("system", {}, ({ status, message }: { status?: string; message?: string }) => {
      if (status === "error") reason = message;
    })
    .subscribe((status, error) => {
      if (isOver) return;
      if (status === "SUBSCRIBED") return on.joined();
      end(`Realtime does not deliver: ${reason ?? error?.message ?? status}.`, error);
    });
  return { leave };
}
