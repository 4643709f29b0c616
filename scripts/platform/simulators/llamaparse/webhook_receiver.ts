export interface Delivery {
  headers: Headers;
  body: string;
}

/** Receives webhooks for a test. */
export interface WebhookReceiver {
  url: string;
  deliveries: Delivery[];
  /** Statuses of the next answers; 200 when there are none left. */
  answers: number[];
  /** Resolves once so many deliveries have come in. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

export function startWebhookReceiver(): WebhookReceiver {
  const deliveries: Delivery[] = [];
  const answers: number[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.text();
      deliveries.push({ headers: request.headers, body });
      waiting.filter(({ count }) => deliveries.length >= count)
        .forEach(({ resolve }) => resolve());
      return new Response(null, { status: answers.shift() ?? 200 });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/hook`,
    deliveries,
    answers,
    received: (count) =>
      new Promise((resolve) => {
        if (deliveries.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    stop: () => server.shutdown(),
  };
}
