import { expect, test } from "vitest";
import { chooseMirror, DEBIAN_KEYRING, machineMirror, parseDeb822, parseOneLine } from "./debian_mirror.ts";

const DEBIAN_SOURCES = `
Types: deb
# a comment
URIs: http://mirror.example.org/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

test("uses the mirror of the machine's release, not the security archive", () => {
  expect(chooseMirror(parseDeb822(DEBIAN_SOURCES), "bookworm")).toEqual({
    uri: "http://mirror.example.org/debian",
    keyring: DEBIAN_KEYRING,
  });
});

test("prefers Debian to a third party that offers main for the release", () => {
  const vendor = parseOneLine(
    "deb [signed-by=/etc/apt/keyrings/vendor.asc] https://apt.vendor.example/debian bookworm main",
  );
  const sources = [...vendor, ...parseDeb822(DEBIAN_SOURCES)];
  expect(chooseMirror(sources, "bookworm").uri).toBe(
    "http://mirror.example.org/debian",
  );
});

test("uses a mirror with its path and its keyring", () => {
  const sources = parseOneLine(
    "deb [arch=amd64 signed-by=/etc/apt/keyrings/inside.gpg] https://inside.example/apt-remote bookworm main",
  );
  expect(chooseMirror(sources, "bookworm")).toEqual({
    uri: "https://inside.example/apt-remote",
    keyring: "/etc/apt/keyrings/inside.gpg",
  });
});

test("reads options, comments and source archives of one-line sources", () => {
  expect(parseOneLine(`
# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://plain.example/debian bookworm main contrib # remark
`)).toEqual([{
    uris: ["http://plain.example/debian"],
    suites: ["bookworm"],
    components: ["main", "contrib"],
    signedBy: undefined,
  }]);
});

test("ignores a disabled source, and takes no embedded key for a file", () => {
  expect(parseDeb822(`
Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb deb-src
URIs: http://on.example/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
`)).toEqual([{
    uris: ["http://on.example/debian"],
    suites: ["bookworm"],
    components: ["main"],
    signedBy: undefined,
  }]);
});

test("uses Debian's public mirror on a machine without apt sources", async () => {
  const empty = await Deno.makeTempDir();
  expect((await machineMirror({ isDebian: true, codename: "bookworm" }, empty)).uri).toBe(
    "http://deb.debian.org/debian",
  );
  await Deno.mkdir(`${empty}/sources.list.d`);
  await Deno.writeTextFile(
    `${empty}/sources.list.d/debian.sources`,
    DEBIAN_SOURCES,
  );
  await Deno.writeTextFile(
    `${empty}/sources.list.d/debian.sources.bak`,
    DEBIAN_SOURCES.replaceAll("mirror.example.org", "backup.example.org"),
  );
  expect((await machineMirror({ isDebian: true, codename: "bookworm" }, empty)).uri).toBe(
    "http://mirror.example.org/debian",
  );
  await Deno.remove(empty, { recursive: true });
});

test("takes Debian's packages from Debian on another distribution, or from the mirror of it that is configured", async () => {
  const ubuntu = { isDebian: false, codename: "noble" };
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(`${dir}/sources.list.d`);
  await Deno.writeTextFile(
    `${dir}/sources.list.d/ubuntu.sources`,
    "Types: deb\nURIs: http://archive.ubuntu.example/ubuntu\nSuites: noble\nComponents: main\n" +
      "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n",
  );
  expect(await machineMirror(ubuntu, dir)).toEqual({
    uri: "http://deb.debian.org/debian",
    keyring: DEBIAN_KEYRING,
  });
  await Deno.writeTextFile(
    `${dir}/sources.list`,
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://inside.example/mirrors/debian trixie main\n",
  );
  expect(await machineMirror(ubuntu, dir)).toEqual({
    uri: "https://inside.example/mirrors/debian",
    keyring: DEBIAN_KEYRING,
  });
  await Deno.remove(dir, { recursive: true });
});
