import net from "node:net";

/** A connection to a server that tests can interrupt. */
export interface TcpProxy {
  /** The server's URL, through the proxy. */
  url: string;
  /** How often a client has sent something. */
  sendings(): number;
  /** Closes all connections. */
  cut(): void;
  /** As `cut`; new connections are closed at once. */
  hangUp(): void;
  /** As `cut`; new connections are refused. */
  refuse(): Promise<void>;
  /** The connections stay open, but nothing passes. */
  swallow(): void;
  /** Accepts connections again, after `hangUp` or `refuse`. */
  accept(): Promise<void>;
}

/** Forwards connections to a port of its own. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const to = new URL(target);
  const pairs = new Set<[net.Socket, net.Socket]>();
  let count = 0;
  let hangsUp = false;
  const server = net.createServer((client) => {
    client.on("error", () => {});
    if (hangsUp) return client.destroy();
    const upstream = net.connect(Number(to.port), to.hostname);
    upstream.on("error", () => {});
    const pair: [net.Socket, net.Socket] = [client, upstream];
    pairs.add(pair);
    client.on("data", (bytes) => {
      count++;
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => client.write(bytes));
    for (const socket of pair) {
      socket.on("close", () => {
        pairs.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  const cut = () => {
    for (const sockets of pairs) for (const socket of sockets) socket.destroy();
  };

  await listen(0);
  const { port } = server.address() as net.AddressInfo;
  const url = new URL(target);
  url.port = String(port);
  return {
    url: url.href,
    sendings: () => count,
    cut,
    hangUp() {
      hangsUp = true;
      cut();
    },
    refuse() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      return closed;
    },
    swallow() {
      for (const sockets of pairs) {
        for (const socket of sockets) {
          socket.removeAllListeners("data").resume();
        }
      }
    },
    async accept() {
      hangsUp = false;
      if (!server.listening) await listen(port);
    },
  };
}
