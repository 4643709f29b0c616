import { gunzip } from "node:zlib";
import { promisify } from "node:util";
import { unpackPackages } from "../../../platform/stack/postgres/debian_packages.ts";

/** A book that Debian packages as PDF, with questions in the words of its table of contents. */
interface Manual {
  package: string;
  path: string;
  questions: string[];
}

export const MANUALS: Record<string, Manual> = {
  "Debian Reference": {
    package: "debian-reference-en",
    path: "usr/share/debian-reference/debian-reference.en.pdf",
    questions: [
      "How do I configure the network?",
      "How are packages upgraded?",
      "What is the boot process of the system?",
      "How do I back up data?",
      "How do I use version control?",
      "How is the locale configured?",
    ],
  },
  "Developer's Reference": {
    package: "developers-reference",
    path: "usr/share/developers-reference/developers-reference.pdf",
    questions: [
      "How do I become a Debian developer?",
      "How is a package orphaned?",
      "What are the duties of a maintainer?",
      "How are security bugs handled?",
      "How do I upload a package?",
      "What is a non-maintainer upload?",
    ],
  },
  "Debian FAQ": {
    package: "debian-faq",
    path: "usr/share/doc/debian/FAQ/debian-faq.en.pdf.gz",
    questions: [
      "What is Debian?",
      "How do I install a package?",
      "How do I contribute to Debian?",
      "Which hardware is supported?",
      "How do I keep the system up to date?",
      "What is a virtual package?",
    ],
  },
  "Debian-FAQ": {
    package: "debian-faq-de",
    path: "usr/share/doc/debian/FAQ/debian-faq.de.pdf.gz",
    questions: [
      "Was ist Debian?",
      "Wie installiere ich ein Paket?",
      "Wie kann ich bei Debian mithelfen?",
      "Welche Hardware wird unterstützt?",
      "Wie halte ich das System aktuell?",
      "Was ist ein virtuelles Paket?",
    ],
  },
  "La FAQ Debian": {
    package: "debian-faq-fr",
    path: "usr/share/doc/debian/FAQ/debian-faq.fr.pdf.gz",
    questions: [
      "Qu'est-ce que Debian ?",
      "Comment installer un paquet ?",
      "Comment contribuer au projet Debian ?",
      "Quel matériel est géré ?",
      "Comment maintenir le système à jour ?",
      "Qu'est-ce qu'un paquet virtuel ?",
    ],
  },
};

/** Downloads the manuals from Debian's mirror into a separate folder; the returned object removes it. */
export async function fetchManuals(): Promise<
  AsyncDisposable & { read(name: string): Promise<Uint8Array> }
> {
  const folder = await Deno.makeTempDir({ prefix: "manuals-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    await unpackPackages(
      {
        what: "Debian's manuals",
        names: Object.values(MANUALS).map((manual) => manual.package),
        suite: "bookworm",
      },
      `${folder}/apt`,
      `${folder}/unpacked`,
    );
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    async read(name) {
      const { path } = MANUALS[name];
      const bytes = await Deno.readFile(`${folder}/unpacked/${path}`);
      return path.endsWith(".gz") ? new Uint8Array(await promisify(gunzip)(bytes) as Uint8Array) : bytes;
    },
    [Symbol.asyncDispose]: remove,
  };
}
