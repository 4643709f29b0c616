import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "./session.ts";

export const SessionContext = createContext<Session | null>(null);

/** The signed-in user, within a screen. */
export function useSignedIn(): Session {
  return useContext(SessionContext)!;
}

/** Whether the user may act as an operator. */
export function useMayAct(): boolean {
  return useSignedIn().role === "operator";
}
