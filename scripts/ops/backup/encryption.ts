import { Decrypter, Encrypter } from "age-encryption";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

type Bytes = ReadableStream<Uint8Array>;

/** How a backup's files are stored: their names and encoding. */
export interface Sealing {
  /** The suffix of every file. */
  suffix: string;
  seal(contents: Bytes): Promise<Bytes>;
  /** @throws {Error} if the file was not encrypted for this identity, or was changed or truncated */
  open(sealed: Bytes): Promise<Bytes>;
}

export const plain: Sealing = {
  suffix: "",
  seal: (contents) => Promise.resolve(contents),
  open: (sealed) => Promise.resolve(sealed),
};

/**
 * Files that only the holders of these keys can read, in the format of age (https://age-encryption.org).
 * @param recipients `age1…`
 * @throws {ErrorWithRemedy} `bad_recipient`
 */
export function encryptedTo(recipients: string[]): Sealing {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new ErrorWithRemedy(
        `${recipient} is not a public age key.`,
        "Create a key pair with age-keygen; the public key begins with age1.",
        { code: "bad_recipient", cause: error },
      );
    }
  }
  return {
    suffix: ".age",
    seal: (contents) => encrypter.encrypt(contents),
    open: () => Promise.reject(new Error("Decryption needs an identity")),
  };
}

/**
 * @param identities the text of a file from age-keygen: secret keys, one a line, and comments
 * @throws {ErrorWithRemedy} `bad_identity`
 */
export function openedBy(identities: string): Sealing {
  const decrypter = new Decrypter();
  const keys = identities.split("\n").map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"));
  try {
    if (keys.length === 0) throw new Error("it has no key");
    for (const key of keys) decrypter.addIdentity(key);
  } catch (error) {
    throw new ErrorWithRemedy(
      // The error's message could repeat the key.
      "The --identity file has no secret age keys.",
      "Name a file created by age-keygen; a key begins with AGE-SECRET-KEY-.",
      { code: "bad_identity", cause: keys.length === 0 ? error : undefined },
    );
  }
  return {
    suffix: ".age",
    seal: () => Promise.reject(new Error("An identity only decrypts")),
    open: (sealed) => decrypter.decrypt(sealed),
  };
}
