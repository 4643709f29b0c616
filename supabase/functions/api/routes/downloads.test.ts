import { beforeEach, describe, expect, test } from "vitest";
import { DOCUMENT, FakeWorld, ORIGINAL_PATH, OTHER_USER, RAW_PATH, USER } from "../testing/fakes.ts";

const PARSED_PATH = `user/${USER}/parsed/${DOCUMENT}.md`;

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

function have(
  filename: string,
  parsed_path: string | null,
  { status = "complete", original_path = ORIGINAL_PATH as string | null } = {},
) {
  const files = { filename, status, original_path, parsed_path };
  world.files.set(DOCUMENT, { owner: USER, files });
}
const ask = (query = "", user = USER) => world.request(`/api/documents/${DOCUMENT}/download${query}`, { user });

describe("a download", () => {
  test.each([
    ["", ORIGINAL_PATH, "Annual report.pdf"],
    ["?variant=original", ORIGINAL_PATH, "Annual report.pdf"],
    ["?variant=markdown", PARSED_PATH, "Annual report.md"],
  ])(
    "'%s' answers a link that is valid for five minutes",
    async (query, path, as) => {
      have("Annual report.pdf", PARSED_PATH);
      world.stored.set(path, new Uint8Array([1]));
      const before = Date.now();
      const answer = await ask(query);
      expect(answer.status).toBe(200);
      const { url, expires_at } = await answer.json();
      expect(url).toBe(`https://files.example/${path}?for=300&as=${as}`);
      const lasts = Date.parse(expires_at) - before;
      expect(lasts).toBeGreaterThanOrEqual(300_000);
      expect(lasts).toBeLessThan(305_000);
    },
  );

  test.each([
    ["../../etc/passwd", "__.._etc_passwd"],
    ['a";filename="b.exe', "a__filename=_b.exe"],
    [".htaccess", "_htaccess"],
  ])("of %j has a harmless file name", async (filename, as) => {
    have(filename, null);
    world.stored.set(ORIGINAL_PATH, new Uint8Array([1]));
    const { url } = await (await ask()).json();
    expect(url.slice(url.indexOf("&as=") + 4)).toBe(as);
  });

  test.each([
    ["awaiting_upload", "not_uploaded_yet"],
    ["expired", "not_uploaded_yet"],
    ["uploaded", "not_verified"],
    ["failed_parse", "not_verified"],
  ])(
    "answers 409 when the bytes are not verified, %s",
    async (status, code) => {
      have("report.pdf", null, { status, original_path: null });
      world.stored.set(RAW_PATH, new Uint8Array([1]));
      const answer = await ask();
      expect(answer.status).toBe(409);
      expect((await answer.json()).error.code).toBe(code);
    },
  );

  test("answers 409 when there is no parsed text", async () => {
    have("report.pdf", null);
    world.stored.set(ORIGINAL_PATH, new Uint8Array([1]));
    const answer = await ask("?variant=markdown");
    expect(answer.status).toBe(409);
    expect((await answer.json()).error.code).toBe("not_parsed_yet");
  });

  test("answers 404 for another user's document and 422 for an unknown variant", async () => {
    have("report.pdf", PARSED_PATH);
    const anothers = await ask("", OTHER_USER);
    expect(anothers.status).toBe(404);
    expect((await anothers.json()).error.code).toBe("document_not_found");
    expect((await ask("?variant=html")).status).toBe(422);
  });
});
