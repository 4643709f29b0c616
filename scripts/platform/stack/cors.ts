const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const EXPOSED = "Content-Range, Content-Location, Preference-Applied, " +
  "X-Total-Count, Link, X-Supabase-Api-Version, X-Sb-Error-Code";

/**
 * Lets pages of any origin use a service, as hosted's gateway does for all but functions, which decide for themselves.
 */
export function withCors(
  handler: (request: Request) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const asked = request.headers.get("access-control-request-method");
    if (request.method === "OPTIONS" && asked !== null) {
      return preflight(request);
    }
    const answer = await handler(request);
    if (answer.headers.has("access-control-allow-origin")) return answer;
    // A response of a fetch has headers that cannot be changed.
    const headers = new Headers(answer.headers);
    headers.set("access-control-allow-origin", "*");
    headers.set("access-control-expose-headers", EXPOSED);
    return new Response(answer.body, { status: answer.status, headers });
  };
}

function preflight(request: Request): Response {
  const wanted = request.headers.get("access-control-request-headers");
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": wanted ?? "*",
      "access-control-max-age": "3600",
    },
  });
}
