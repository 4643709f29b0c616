import { supabase } from "./project.ts";
import { createSharedValue } from "./shared_value.ts";

/** Why no user is signed in any longer. */
export type Farewell = "signed_out" | "signed_out_everywhere" | "session_ended" | "deleted";

const current = createSharedValue<Farewell | undefined>(undefined);

/** What the sign-in says about the session before it; undefined at the first visit. */
export const useFarewell = current.use;

export const setFarewell = current.set;

/** The session is over. If the user did not end it here, it ended by itself. */
export function noteEnd(): void {
  if (current.get() === undefined) setFarewell("session_ended");
}

/** Signs the user out in this browser, or wherever they are signed in. @throws an error of Auth, with the session kept */
export async function signOut(scope: "local" | "global" = "local"): Promise<void> {
  setFarewell(scope === "global" ? "signed_out_everywhere" : "signed_out");
  const { error } = await supabase.auth.signOut({ scope });
  if (error) {
    setFarewell(undefined);
    throw error;
  }
}
