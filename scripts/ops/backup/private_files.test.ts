import { afterAll, beforeAll, expect, test } from "vitest";
import { encryptedTo, openedBy, plain } from "./encryption.ts";
import { checkDigests, fileIn, readManifest, writeManifest } from "./manifest.ts";
import { makePrivateFolder, writePrivateFile } from "./private_files.ts";
import { generateIdentity, identityToRecipient } from "age-encryption";

let dir: string;
beforeAll(async () => {
  dir = await Deno.makeTempDir();
});
afterAll(() => Deno.remove(dir, { recursive: true }));

const contents = (text: string) => new Blob([text]).stream();
const mode = async (path: string) => ((await Deno.stat(path)).mode! & 0o777).toString(8);

test("folders and files become private to their owner, whatever their mode and the umask were", async () => {
  const umask = Deno.umask(0);
  try {
    await Deno.mkdir(`${dir}/open`);
    await Deno.writeTextFile(`${dir}/open/file`, "longer than what follows");
    await makePrivateFolder(`${dir}/open`);
    const written = await writePrivateFile(`${dir}/open/file`, contents("new"));
    await makePrivateFolder(`${dir}/made/within`);
    await writePrivateFile(`${dir}/made/file`, contents("new"));
    expect(written).toEqual({
      bytes: 3,
      sha256: "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437",
    });
    expect(await Deno.readTextFile(`${dir}/open/file`)).toBe("new");
    const modes = await Promise.all(
      ["open", "open/file", "made", "made/within", "made/file"]
        .map((path) => mode(`${dir}/${path}`)),
    );
    expect(modes).toEqual(["700", "600", "700", "700", "600"]);
  } finally {
    Deno.umask(umask);
  }
});

test.each(["plain", "encrypted"])(
  "checks every part of a backup that is %s, and names damaged files",
  async (kind) => {
    const folder = `${dir}/${kind}`;
    await makePrivateFolder(`${folder}/files`);
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    const isPlain = kind === "plain";
    const sealing = isPlain ? plain : encryptedTo([recipient]);
    const suffix = isPlain ? "" : ".age";
    const write = async (path: string, text: string) =>
      await writePrivateFile(path, await sealing.seal(contents(text)));
    const database = await write(`${folder}/database.sql${suffix}`, "rows");
    const file = await write(fileIn(folder, "a.pdf", sealing), "a document");
    await writeManifest(folder, {
      made_at: new Date(),
      migrations: ["1"],
      database: { sha256: database.sha256 },
      files: [{
        name: "a.pdf",
        mime: "application/pdf",
        bytes: 10,
        sha256: file.sha256,
      }],
    }, sealing);

    const opened = isPlain ? plain : openedBy(`# made today\n${identity}\n`);
    const made = await readManifest(folder, opened);
    await checkDigests(folder, made, opened);
    const path = fileIn(folder, "a.pdf", opened);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await Deno.writeFile(path, bytes);
    await expect(checkDigests(folder, made, opened)).rejects.toMatchObject({
      code: "backup_damaged",
      message: expect.stringContaining(path),
    });
    await Deno.remove(path);
    await expect(checkDigests(folder, made, opened)).rejects.toMatchObject({
      code: "backup_damaged",
    });
    if (isPlain) return;
    for await (const { name } of Deno.readDir(folder)) {
      if (name === "files") continue;
      const raw = await Deno.readFile(`${folder}/${name}`);
      const text = new TextDecoder().decode(raw);
      expect(text).toMatch(/^age-encryption\.org\/v1\n/);
      expect(text).not.toMatch(/rows|a\.pdf/);
    }
    await expect(readManifest(folder, plain)).rejects.toMatchObject({
      code: "backup_is_encrypted",
    });
    const another = openedBy(await generateIdentity());
    await expect(readManifest(folder, another)).rejects.toMatchObject({
      code: "no_backup",
    });
  },
);

test("invalid keys are refused, without repeating a secret one", () => {
  expect(() => encryptedTo(["age1nothing"])).toThrow(
    expect.objectContaining({ code: "bad_recipient" }),
  );
  for (const text of ["", "# only a comment", "AGE-SECRET-KEY-1NOTHING"]) {
    expect(() => openedBy(text)).toThrow(
      expect.objectContaining({
        code: "bad_identity",
        message: expect.not.stringContaining("1NOTHING"),
      }),
    );
  }
});
