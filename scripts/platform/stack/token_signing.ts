import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import { LOCAL_KEYS } from "./keys.ts";

/**
 * How users' tokens are signed. `hs256`: with a secret that the functions know, as in older projects; legacy JWT keys
 * exist. `es256`: with a key of the project whose public half Auth publishes, as in new projects; only `sb_…` keys are
 * valid.
 */
export type TokenSigningName = "hs256" | "es256";
export const TOKEN_SIGNINGS = ["hs256", "es256"] as const;

export interface TokenSigning {
  name: TokenSigningName;
  /** The secret of the parts of the stack that only know HS256. */
  innerSecret: string;
  /** An access token as Auth issues it. */
  sign(claims: JWTPayload): Promise<string>;
  /** The request as those parts understand it: they get the user's valid token signed with `innerSecret`. */
  translate(request: Request): Promise<Request>;
  /** What Auth publishes. */
  publishedKeys: JSONWebKeySet;
}

const KEY_FILE = "signing_key.json";

/**
 * @param stateDir keeps the key of `es256`, so that sessions outlive a restart
 */
export async function openTokenSigning(
  name: TokenSigningName,
  stateDir: string,
): Promise<TokenSigning> {
  return name === "hs256" ? sharedSecret() : await ownKey(stateDir);
}

function sharedSecret(): TokenSigning {
  const innerSecret = LOCAL_KEYS.jwtSecret;
  return {
    name: "hs256",
    innerSecret,
    sign: (claims) => signHs256(claims, innerSecret),
    translate: (request) => Promise.resolve(request),
    publishedKeys: { keys: [] },
  };
}

async function ownKey(stateDir: string): Promise<TokenSigning> {
  const { d, ...published } = await readOrMakeKey(`${stateDir}/${KEY_FILE}`);
  const privateKey = await importJWK({ ...published, d }, "ES256");
  const publicKey = await importJWK(published, "ES256");
  // Derived from the key, so that no HS256 token of another origin is valid.
  const innerSecret = `inner ${d}`;

  async function verified(token: string): Promise<JWTPayload | undefined> {
    return await jwtVerify(token, publicKey, { algorithms: ["ES256"] })
      .then(({ payload }) => payload, () => undefined);
  }

  return {
    name: "es256",
    innerSecret,
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: published.kid })
        .sign(privateKey),
    async translate(request) {
      const token = /^Bearer +(\S+)$/i
        .exec(request.headers.get("authorization") ?? "")?.[1];
      const claims = token && await verified(token);
      if (!claims) return request;
      const inner = await signHs256(claims, innerSecret);
      const { url, method, body } = request;
      const headers = new Headers(request.headers);
      headers.set("authorization", `Bearer ${inner}`);
      return new Request(url, { method, headers, body });
    },
    publishedKeys: { keys: [published] },
  };
}

async function readOrMakeKey(path: string): Promise<JWK> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = {
    ...jwk,
    kid: await calculateJwkThumbprint(jwk),
    alg: "ES256",
    use: "sig",
  };
  await Deno.writeTextFile(path, JSON.stringify(key), { mode: 0o600 });
  return key;
}

function signHs256(claims: JWTPayload, secret: string): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
}
