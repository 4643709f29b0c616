import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import type { Simulator } from "../simulators/simulator.ts";
import type { ProviderName, Published } from "../stack/providers.ts";

/**
 * Always the same, so that running containers still reach the simulators of the next start. Above those of the CLI's
 * stack, 54320 to 54329.
 */
export const SIMULATOR_PORTS: Record<ProviderName, number> = { LlamaParse: 54341, OpenAI: 54342 };
/** However it is spelt: the simulator decodes a path before it compares it. */
const CONTROL = /^[/\\]*_control/i;

/**
 * Serves a simulator to containers, without its control routes, which are for this machine alone.
 * @param address of this machine, where containers reach it
 * @param hostName by which containers know this machine
 * @throws {ErrorWithRemedy} if the port is taken
 */
export async function publishSimulator(
  name: ProviderName,
  simulator: Pick<Simulator, "fetch">,
  { address, hostName, ports = SIMULATOR_PORTS }: {
    address: string;
    hostName: string;
    ports?: Record<ProviderName, number>;
  },
): Promise<Published> {
  const port = ports[name];
  const ended = new AbortController();
  try {
    const server = Deno.serve(
      { hostname: address, port, signal: ended.signal, onListen() {} },
      (request) =>
        CONTROL.test(decoded(new URL(request.url).pathname))
          ? new Response("Not found", { status: 404 })
          : simulator.fetch(request),
    );
    return await Promise.resolve({
      url: `http://${hostName}:${server.addr.port}`,
      async stop() {
        ended.abort();
        await server.finished;
      },
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new ErrorWithRemedy(
      `Port ${port} of ${address}, where containers are to reach the simulator of ${name}, is taken.`,
      "Another npm run start:docker may be running; stop it with Ctrl-C in its terminal.",
      { cause: error },
    );
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Malformed: the simulator does not decode it either.
    return path;
  }
}
