import { z } from "zod";
import type { AuthSettings } from "./auth_settings.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** Providers for which the CLI's config.toml has a block. */
export const OAUTH_PROVIDERS = [
  "apple",
  "azure",
  "bitbucket",
  "discord",
  "facebook",
  "figma",
  "github",
  "gitlab",
  "google",
  "kakao",
  "keycloak",
  "linkedin_oidc",
  "notion",
  "slack_oidc",
  "spotify",
  "twitch",
  "twitter",
  "workos",
  "x",
  "zoom",
] as const;
export type OAuthProvider = typeof OAUTH_PROVIDERS[number];

/** An OAuth provider, without its secret. */
export interface OAuthClient {
  clientId: string;
  /** The URL of a self-hosted or tenant server: GitLab, Keycloak, Azure, WorkOS. */
  url?: string;
}

/** The sign-in methods of an environment besides password and mailed link. */
export interface SignIn {
  oauth: Partial<Record<OAuthProvider, OAuthClient>>;
  /** The redirect URLs after signing in, besides the site's own. */
  redirectUrls: string[];
}

/** `localhost` for an application in development; a custom scheme for one on a telephone. */
const redirectUrl = z.string().refine(
  (text) => {
    const [scheme, host] = text.split("://");
    return /^[a-z][a-z0-9.+-]*$/.test(scheme) && host !== undefined &&
      !host.split("/")[0].includes("*") &&
      (scheme !== "http" || /^(localhost|127\.0\.0\.1)(:|\/|$)/.test(host));
  },
  "must be https://, http://localhost or an application's scheme, with a complete host name",
);

/** The lines of an environment in environments.toml. */
export const signInLines = {
  redirect_urls: z.array(redirectUrl).default([]),
  oauth: z.partialRecord(
    z.enum(OAUTH_PROVIDERS),
    z.strictObject({
      client_id: z.string().min(1),
      url: z.url({ protocol: /^https$/ }).optional(),
    }),
  ).default({}),
};

export function readSignIn(
  lines: z.output<z.ZodObject<typeof signInLines>>,
): SignIn {
  return {
    redirectUrls: lines.redirect_urls,
    oauth: Object.fromEntries(
      Object.entries(lines.oauth).map(([name, { client_id, url }]) => [
        name,
        { clientId: client_id, url },
      ]),
    ),
  };
}

/** The variable with a provider's client secret. */
export function secretName(provider: string): string {
  return `OAUTH_${provider.toUpperCase()}_SECRET`;
}

/**
 * The client secrets that an environment's providers need.
 * @throws {ErrorWithRemedy} if one is missing
 */
export function oauthSecrets(
  { name, oauth }: SignIn & { name: string },
  values: Record<string, string | undefined>,
): Record<string, string> {
  const names = Object.keys(oauth).map(secretName);
  const missing = names.filter((each) => !values[each]);
  if (missing.length > 0) {
    throw new ErrorWithRemedy(
      `${missing.join(", ")} of ${name} ${
        missing.length === 1 ? "is" : "are"
      } missing: the client secrets of its OAuth providers.`,
      `Add them to .env.${name}, or remove the providers from supabase/environments.toml.`,
    );
  }
  return Object.fromEntries(names.map((each) => [each, values[each]!]));
}

/** The lines of config.toml for one project: providers that are not named are disabled. */
export function signInConfig(name: string, { oauth, redirectUrls }: SignIn) {
  const providers = OAUTH_PROVIDERS.map((provider) => {
    const client = oauth[provider];
    const lines = client
      ? [
        `client_id = ${JSON.stringify(client.clientId)}`,
        `secret = "env(${secretName(provider)})"`,
        ...client.url ? [`url = ${JSON.stringify(client.url)}`] : [],
      ]
      : [];
    return [
      `[remotes.${name}.auth.external.${provider}]`,
      `enabled = ${client !== undefined}`,
      ...lines,
      "",
    ].join("\n");
  });
  return {
    redirects: `additional_redirect_urls = ${JSON.stringify(redirectUrls)}`,
    providers: providers.join("\n"),
  };
}

/** Sign-in methods that this project does not use, by the setting that enables each. */
const OTHER_WAYS = {
  external_phone_enabled: "telephone",
  external_web3_ethereum_enabled: "Ethereum",
  external_web3_solana_enabled: "Solana",
  passkey_enabled: "passkey",
  saml_enabled: "SAML",
};

/** The project's differences, as sentences. */
export function signInDifferences(
  { oauth, redirectUrls }: SignIn,
  found: AuthSettings,
): string[] {
  const allowed = String(found.uri_allow_list ?? "").split(",")
    .map((url) => url.trim()).filter(Boolean);
  const foreign = allowed.filter((url) => !redirectUrls.includes(url));
  const missing = redirectUrls.filter((url) => !allowed.includes(url));
  return [
    ...OAUTH_PROVIDERS.flatMap((provider) => {
      const of = (setting: string) => found[`external_${provider}_${setting}`];
      const client = oauth[provider];
      if (!client) {
        return of("enabled") === true ? [`sign-in by ${provider} is enabled, but not configured`] : [];
      }
      if (of("enabled") !== true) return [`${provider} is disabled`];
      if (of("client_id") !== client.clientId) {
        return [`${provider} has another client_id`];
      }
      return of("secret") ? [] : [`${provider} has no secret`];
    }),
    ...Object.entries(OTHER_WAYS)
      .filter(([setting]) => found[setting] === true)
      .map(([, way]) => `sign-in by ${way} is enabled, but not configured`),
    ...foreign.map((url) => `Auth redirects to ${url}, which is not configured`),
    ...missing.map((url) => `Auth does not redirect to ${url}`),
    ...["mfa_totp_enroll_enabled", "mfa_totp_verify_enabled"]
      .filter((setting) => found[setting] !== true)
      .map((setting) => `${setting}: second factors are disabled`),
  ];
}
