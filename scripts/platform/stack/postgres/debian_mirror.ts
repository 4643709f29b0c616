import type { Distribution } from "./debian_release.ts";

/** One package source of the machine, whichever of apt's two notations it was written in. */
export interface AptSource {
  uris: string[];
  suites: string[];
  components: string[];
  /** Path of the keyring that its signatures are checked with. */
  signedBy?: string;
}

export interface Mirror {
  uri: string;
  keyring: string;
}

/** Carries the keys of every supported Debian release; from the package debian-archive-keyring. */
export const DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** The release whose packages a machine takes that names no Debian release. */
const CURRENT_RELEASE = "trixie";
const PUBLIC_MIRROR = "http://deb.debian.org/debian";

/**
 * The Debian mirror that this machine is configured to use, so that a machine that only reaches a mirror of its own
 * stays within it. Debian's public mirror if none is configured, as on Ubuntu, whose own has other packages.
 */
export async function machineMirror(
  { isDebian, codename }: Distribution,
  aptDir = "/etc/apt",
): Promise<Mirror> {
  const sources = await readSources(aptDir);
  return isDebian && codename
    ? chooseMirror(sources, codename)
    : chooseMirror(sources.filter(isOfDebian), CURRENT_RELEASE);
}

/** By its address or its keys: on another distribution, a source of its own is none. */
function isOfDebian({ uris, signedBy }: AptSource): boolean {
  return /debian-archive/.test(signedBy ?? "") || uris.some((uri) => /\/debian\/?$/.test(uri));
}

/** The likeliest source of Debian's own packages: third parties also offer `main` for a Debian release. */
export function chooseMirror(sources: AptSource[], codename: string): Mirror {
  let best: { mirror: Mirror; score: number } | undefined;
  for (const source of sources) {
    const keyring = source.signedBy;
    const debianKeys = !keyring || /debian-archive/.test(keyring);
    for (const uri of source.uris) {
      if (uri.startsWith("cdrom:")) continue;
      const ofRelease = source.suites.includes(codename) &&
        source.components.includes("main");
      const namedDebian = /\/debian\/?$/.test(uri);
      if (!ofRelease && !namedDebian) continue;

      const score = (ofRelease ? 4 : 0) + (debianKeys ? 2 : 0) +
        (namedDebian ? 1 : 0);
      if (best && best.score >= score) continue;
      best = {
        score,
        mirror: {
          uri: uri.replace(/\/$/, ""),
          keyring: debianKeys ? DEBIAN_KEYRING : keyring!,
        },
      };
    }
  }
  return best?.mirror ?? { uri: PUBLIC_MIRROR, keyring: DEBIAN_KEYRING };
}

async function readSources(aptDir: string): Promise<AptSource[]> {
  const files = [`${aptDir}/sources.list`];
  const parts = `${aptDir}/sources.list.d`;
  try {
    const names = await Array.fromAsync(Deno.readDir(parts), (e) => e.name);
    files.push(...names.sort().map((name) => `${parts}/${name}`));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }

  const sources: AptSource[] = [];
  for (const file of files) {
    if (!/\.(list|sources)$/.test(file)) continue;
    const text = await Deno.readTextFile(file).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    sources.push(
      ...file.endsWith(".list") ? parseOneLine(text) : parseDeb822(text),
    );
  }
  return sources;
}

/** `deb [signed-by=… arch=…] uri suite component…`, one a line (man 5 sources.list). */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)/
      .exec(line);
    if (!match) continue;
    const [, options = "", uri, suite, components] = match;
    sources.push({
      uris: [uri],
      suites: [suite],
      components: words(components),
      signedBy: keyringPath(/signed-by=(\S+)/i.exec(options)?.[1]),
    });
  }
  return sources;
}

/** Stanzas of `Field: value` lines, continued by indented ones (man 5 sources.list). */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    let name = "";
    for (const line of stanza.split("\n")) {
      if (line.startsWith("#")) continue;
      const field = /^([A-Za-z][A-Za-z-]*):(.*)$/.exec(line);
      if (field) {
        name = field[1].toLowerCase();
        fields.set(name, field[2].trim());
      } else if (/^\s/.test(line) && name) {
        fields.set(name, `${fields.get(name)} ${line.trim()}`);
      }
    }
    if (!words(fields.get("types")).includes("deb")) continue;
    if (/^(no|false|without|off|disable)$/i.test(fields.get("enabled") ?? "")) {
      continue;
    }
    sources.push({
      uris: words(fields.get("uris")),
      suites: words(fields.get("suites")),
      components: words(fields.get("components")),
      signedBy: keyringPath(fields.get("signed-by")),
    });
  }
  return sources;
}

/**
 * Signed-By may also hold a fingerprint or the key itself, which name no file.
 */
function keyringPath(signedBy: string | undefined): string | undefined {
  const first = words(signedBy)[0];
  return first?.startsWith("/") ? first.replace(/,.*$/, "") : undefined;
}

function words(value = ""): string[] {
  return value.split(/\s+/).filter(Boolean);
}
