import { Hono } from "hono";
import { z } from "zod";
import {
  type AppEnv,
  jsonBody,
  limitJsonBody,
  requireUser,
} from "../../_shared/app.ts";
import type { ApiDeps } from "../app.ts";

const email = z.string().trim().pipe(z.email().max(254));
// Auth judges a password's strength; this only bounds what is passed on.
const password = z.string().min(1).max(1024);

const loginRequest = z.object({ email, password });

const signupRequest = z.object({
  email,
  password,
  consent_version: z.string().trim().min(1).max(64),
  consent_timestamp: z.iso.datetime({ offset: true }),
  name: z.string().trim().min(1).max(200).optional(),
});

const refreshRequest = z.object({ refresh_token: z.string().min(1).max(4096) });

/** Signing up and in, thin over Supabase Auth. Passwords pass through and are kept nowhere. */
export function authRoutes(
  { accounts, authenticate }: Pick<ApiDeps, "accounts" | "authenticate">,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.post(
    "/auth/login",
    limitJsonBody(),
    jsonBody(loginRequest),
    async (c) => {
      const { email, password } = c.req.valid("json");
      return c.json(await accounts.signIn(email, password));
    },
  );

  routes.post(
    "/auth/signup",
    limitJsonBody(),
    jsonBody(signupRequest),
    async (c) => {
      const { email, password, ...metadata } = c.req.valid("json");
      const { user, session } = await accounts.signUp({
        email,
        password,
        metadata,
      });
      return c.json({ ...session, user, confirmation_required: !session }, 201);
    },
  );

  routes.post(
    "/auth/refresh",
    limitJsonBody(),
    jsonBody(refreshRequest),
    async (c) => {
      return c.json(await accounts.refresh(c.req.valid("json").refresh_token));
    },
  );

  routes.get("/auth/user", requireUser(authenticate), async (c) => {
    const [, token] = c.req.header("authorization")!.split(/ +/);
    return c.json({ user: await accounts.user(token) });
  });

  return routes;
}
