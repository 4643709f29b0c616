import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

/** A port of 127.0.0.1 that nothing listened on a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** A port for a gateway: nothing listened on it a moment ago, nor on the next one, which the database takes. */
export function freeGatewayPort(): number {
  for (;;) {
    const port = freePort();
    try {
      Deno.listen({ hostname: "127.0.0.1", port: port + 1 }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** @throws {ErrorWithRemedy} if something listens on this port already */
export function checkPort(port: number): void {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new ErrorWithRemedy(
        `This user may not listen on port ${port}.`,
        "Choose a port above 1023 with --port.",
        { cause: error },
      );
    }
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new ErrorWithRemedy(
      `Port ${port}, which the database is to listen on, is taken by another program.`,
      `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or choose another ` +
        "port with --port: the gateway takes it, and the database the one above.",
      { cause: error },
    );
  }
}
