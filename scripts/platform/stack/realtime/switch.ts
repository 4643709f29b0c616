import { z } from "zod";
import { LOCAL_KEYS } from "../keys.ts";
import { type RealtimeOptions, type RealtimeServer, startRealtime } from "./server.ts";

/** A Realtime that tests and developers can take away while the stack runs. */
export interface RealtimeSwitch {
  fetch(request: Request): Promise<Response>;
  /** Answers `POST /_stack/realtime` with `{"action": "on" | "off" | "cut"}` and the management token. */
  control(request: Request): Promise<Response>;
  stop(): Promise<void>;
}

const body = z.object({ action: z.enum(["on", "off", "cut"]) });

/** @param isOn false: it starts with the first `on` */
export async function openRealtime(options: RealtimeOptions, isOn: boolean): Promise<RealtimeSwitch> {
  let server: RealtimeServer | undefined = isOn ? await startRealtime(options) : undefined;
  let switching: Promise<void> = Promise.resolve();

  async function act(action: "on" | "off" | "cut"): Promise<void> {
    if (action === "cut") server?.cutConnections();
    else if (action === "on") server ??= await startRealtime(options);
    else {
      await server?.stop();
      server = undefined;
    }
  }

  return {
    async fetch(request) {
      if (server) return await server.fetch(request);
      return Response.json({ message: "Realtime is switched off (--without realtime)" }, { status: 503 });
    },
    async control(request) {
      if (request.headers.get("authorization") !== `Bearer ${LOCAL_KEYS.managementToken}`) {
        return Response.json({ message: "Unauthorized" }, { status: 401 });
      }
      const given = body.safeParse(await request.json().catch(() => null));
      if (!given.success) return Response.json({ message: z.prettifyError(given.error) }, { status: 400 });
      switching = switching.then(() => act(given.data.action));
      await switching;
      return new Response(null, { status: 204 });
    },
    async stop() {
      await switching.catch(() => {});
      await server?.stop();
    },
  };
}
