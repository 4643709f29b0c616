/** A proxy in front of the stack whose connections can break. */
export interface BreakingConnection extends AsyncDisposable {
  /** The proxy's URL; it forwards to the stack. */
  origin: string;
  /** Bytes that clients have sent through the proxy. */
  sentBytes(): number;
  /** How many connections were broken. */
  breaks(): number;
}

/** Forwards bytes both ways, and breaks all open connections after clients have sent this many bytes. */
export function breakingConnection(
  to: string,
  breakAfterBytes: number,
): BreakingConnection {
  const { hostname, port } = new URL(to);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let sent = 0;
  let broken = 0;

  function cut(): void {
    for (const connection of open) close(connection);
  }

  async function pass(client: Deno.Conn): Promise<void> {
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(client).add(server);
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sent += chunk.byteLength;
        controller.enqueue(chunk);
        if (broken > 0 || sent < breakAfterBytes) return;
        broken++;
        cut();
      },
    });
    await Promise.allSettled([
      client.readable.pipeThrough(counted).pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
    close(client);
    close(server);
  }

  function close(connection: Deno.Conn): void {
    if (!open.delete(connection)) return;
    try {
      connection.close();
    } catch (error) {
      // The streams of a connection may have closed it already.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  const accepting = (async () => {
    const passing: Promise<void>[] = [];
    for await (const client of listener) passing.push(pass(client));
    await Promise.all(passing);
  })();

  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    sentBytes: () => sent,
    breaks: () => broken,
    async [Symbol.asyncDispose]() {
      listener.close();
      cut();
      await accepting;
    },
  };
}
