/** The roles that log in, each with its fixed local password, which is the one that `supabase start` gives them. */
const PASSWORDS = {
  /** The cluster's superuser. */
  supabase_admin: "postgres",
  /** The project's owner; no superuser. Migrations and functions connect as this one. */
  postgres: "postgres",
  authenticator: "postgres",
  supabase_auth_admin: "postgres",
  supabase_storage_admin: "postgres",
} as const;

export type LoginRole = keyof typeof PASSWORDS;

export const LOGIN_ROLES = Object.keys(PASSWORDS) as LoginRole[];

export function passwordOf(role: LoginRole): string {
  return PASSWORDS[role];
}

/** How to connect to the local database as a role. */
export function urlFor(role: LoginRole, port: number): string {
  return `postgres://${role}:${PASSWORDS[role]}@127.0.0.1:${port}/postgres`;
}
