import { type NextRequest, NextResponse } from "next/server";
import { supabaseWith } from "./lib/server";

/** Renews the session in the cookies, for the server's page and for the browser. */
export async function proxy(request: NextRequest) {
  let response = NextResponse.next({ request });
  await supabaseWith({
    getAll: () => request.cookies.getAll(),
    setAll(changed) {
      // Without a value: Auth has refused to renew the session.
      if (changed.every(({ value }) => value === "")) response = NextResponse.redirect(new URL("/?ended", request.url));
      else {
        for (const { name, value } of changed) request.cookies.set(name, value);
        response = NextResponse.next({ request });
      }
      for (const { name, value, options } of changed) response.cookies.set(name, value, options);
    },
  }).auth.getClaims();
  return response;
}

export const config = { matcher: "/" };
