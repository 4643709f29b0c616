import { z } from "zod";
import type { FunctionHost } from "./functions/host.ts";
import { LOCAL_KEYS } from "./keys.ts";

const secrets = z.array(z.object({ name: z.string(), value: z.string() }));

/**
 * The only route of Supabase's Management API that the stack serves: `supabase secrets set` changes the functions'
 * environment while the stack runs. Web pages cannot call it, because CORS does not allow the header that it requires.
 * https://supabase.com/docs/reference/api/v1-bulk-create-secrets
 */
export function managementOf(
  functions: Pick<FunctionHost, "setEnv">,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (!/^\/v1\/projects\/[a-z]+\/secrets$/.test(pathname)) {
      return Response.json({ message: "Not found" }, { status: 404 });
    }
    if (request.method !== "POST") {
      return Response.json({ message: "Method not allowed" }, { status: 405 });
    }
    const token = request.headers.get("authorization");
    if (token !== `Bearer ${LOCAL_KEYS.managementToken}`) {
      return Response.json({ message: "Unauthorized" }, { status: 401 });
    }
    const given = secrets.safeParse(await request.json().catch(() => null));
    if (!given.success) {
      const message = z.prettifyError(given.error);
      return Response.json({ message }, { status: 400 });
    }
    await functions.setEnv(
      Object.fromEntries(given.data.map(({ name, value }) => [name, value])),
    );
    return new Response(null, { status: 201 });
  };
}
