import { errors, jwtVerify, SignJWT } from "jose";
import { Fault } from "./faults.ts";
import { fullPath, type ObjectKey } from "./object_key.ts";
import { tokenKey } from "./token_key.ts";

/** Seconds for which a signed upload URL is valid; hosted has no setting for it either. */
export const UPLOAD_URL_SECONDS = 2 * 60 * 60;

/** A signed upload URL permits one object, written as the user who had it signed. */
export interface UploadTicket {
  ownerId?: string;
  upsert: boolean;
}

export interface SignedUrls {
  signUpload(key: ObjectKey, ticket: UploadTicket): Promise<string>;
  /** Throws unless the token was signed here, for an upload to this key, and has not expired. */
  verifyUpload(token: string | null, key: ObjectKey): Promise<UploadTicket>;
  signDownload(key: ObjectKey, expiresInSeconds: number): Promise<string>;
  /** As `verifyUpload`, for downloads; answers when the token expires. */
  verifyDownload(token: string | null, key: ObjectKey): Promise<Date>;
}

/** Tokens name their purpose, so that neither a download token nor a user's token works for an upload. */
type Scope = "upload" | "download";

export function createSignedUrls(jwtSecret: string): SignedUrls {
  const key = tokenKey(jwtSecret);

  const sign = async (claims: Record<string, unknown>, seconds: number) =>
    await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(await key);

  const verify = async (
    token: string | null,
    scope: Scope,
    object: ObjectKey,
  ) => {
    if (!token) throw invalidToken("Invalid Compact JWS");
    try {
      const { payload } = await jwtVerify(token, await key, {
        algorithms: ["HS256"],
        requiredClaims: ["exp"],
      });
      if (payload.scope === scope && payload.url === fullPath(object)) {
        return payload;
      }
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw invalidToken(error.message, error);
    }
    throw new Fault(400, "InvalidSignature", "Invalid signature");
  };

  return {
    signUpload: (key, ticket) =>
      sign({
        url: fullPath(key),
        owner: ticket.ownerId,
        upsert: ticket.upsert,
        scope: "upload",
      }, UPLOAD_URL_SECONDS),

    async verifyUpload(token, key) {
      const claims = await verify(token, "upload", key);
      return {
        ownerId: claims.owner as string | undefined,
        upsert: claims.upsert === true,
      };
    },

    signDownload: (key, seconds) => sign({ url: fullPath(key), scope: "download" }, seconds),

    async verifyDownload(token, key) {
      const { exp } = await verify(token, "download", key);
      return new Date(exp! * 1000);
    },
  };
}

function invalidToken(message: string, cause?: unknown): Fault {
  return new Fault(400, "InvalidJWT", message, "InvalidJWT", { cause });
}
