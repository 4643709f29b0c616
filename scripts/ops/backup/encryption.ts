import { Decrypter, Encrypter } from "age-encryption";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

type Bytes = ReadableStream<Uint8Array>;

/** How the files of a backup lie in its folder: under which names, and turned into what. */
export interface Sealing {
  /** Behind the name of every file. */
  suffix: string;
  seal(contents: Bytes): Promise<Bytes>;
  /** @throws {Error} what was not sealed for this identity, and what was changed or cut off since */
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
        `${recipient} is no public key of age.`,
        "Make a pair of keys with age-keygen; the public one begins with age1.",
        { code: "bad_recipient", cause: error },
      );
    }
  }
  return {
    suffix: ".age",
    seal: (contents) => encrypter.encrypt(contents),
    open: () =>
      Promise.reject(new Error("What is encrypted is opened by an identity")),
  };
}

/**
 * @param identities the text of a file as age-keygen makes it: secret keys, a line each, and comments
 * @throws {ErrorWithRemedy} `bad_identity`
 */
export function openedBy(identities: string): Sealing {
  const decrypter = new Decrypter();
  const keys = identities.split("\n").map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"));
  try {
    if (keys.length === 0) throw new Error("it holds no key");
    for (const key of keys) decrypter.addIdentity(key);
  } catch (error) {
    throw new ErrorWithRemedy(
      // The error's own words might repeat the key.
      "The file of --identity holds no secret keys of age.",
      "Name the file that age-keygen made; a key begins with AGE-SECRET-KEY-.",
      { code: "bad_identity", cause: keys.length === 0 ? error : undefined },
    );
  }
  return {
    suffix: ".age",
    seal: () => Promise.reject(new Error("An identity opens")),
    open: (sealed) => decrypter.decrypt(sealed),
  };
}
