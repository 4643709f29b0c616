/** LlamaParse's URL for the functions. */
export interface MadeResults {
  url: string;
  /** Sets the pages of every further job's result. */
  pages: string[];
  stop(): Promise<void>;
}

/** A proxy in front of the simulator that replaces parsed pages by generated ones, so that a result can be of any kind. */
export function startMadeResults(simulatorUrl: string): MadeResults {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const response = await fetch(`${simulatorUrl}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        body: request.body,
      });
      if (!response.headers.get("content-type")?.includes("json")) {
        return response;
      }
      const answer = await response.json();
      if (answer.markdown?.pages) {
        answer.markdown.pages = made.pages.map((markdown, n) => ({
          page_number: n + 1,
          markdown,
          success: true,
        }));
      }
      return Response.json(answer, { status: response.status });
    },
  );
  const made: MadeResults = {
    url: `http://127.0.0.1:${server.addr.port}`,
    pages: [],
    stop: () => server.shutdown(),
  };
  return made;
}
