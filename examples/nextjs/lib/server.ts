import { type CookieMethodsServer, createServerClient } from "@supabase/ssr";

/** Supabase as the user whose session is in these cookies. */
export function supabaseWith(cookies: CookieMethodsServer) {
  const { NEXT_PUBLIC_SUPABASE_URL, NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY } = process.env;
  return createServerClient(NEXT_PUBLIC_SUPABASE_URL!, NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY!, { cookies });
}
