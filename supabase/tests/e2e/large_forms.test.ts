import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withEveryOption } from "./every_option.ts";
import {
  call,
  createUser,
  functionEnds,
  newPdf,
  restartFunctions,
  upload,
  type User,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const MIB = 2 ** 20;
const sql = useDatabase();
withEveryOption();
const senders: string[] = [];
let other: User;
let document_id: string;
let limits: { uploads_per_user_per_day: number; bytes_per_user: string };

beforeAll(async () => {
  await waitUntilIdle(sql);
  other = await sender();
  ({ document_id } = await upload(other));
  await waitFor(other, document_id, ["complete"]);
  [limits] = await sql`
    select uploads_per_user_per_day, bytes_per_user from pipeline_internal.limits`;
  await sql`update pipeline_internal.limits set uploads_per_user_per_day = 1000`;
  // The parser's handling of the files is tested elsewhere.
  await sql`select pipeline_internal.pause_stage('parse', 'large forms are received')`;
  await restartFunctions();
});
afterAll(async () => {
  // The worker need not process the files.
  await sql`delete from auth.users where id = any (${senders})`;
  await sql`
    update pipeline_internal.limits
    set uploads_per_user_per_day = ${limits.uploads_per_user_per_day}`;
  await sql`select pipeline_internal.resume_stage('parse')`;
  await waitUntilIdle(sql);
});

async function sender(): Promise<User> {
  const user = await createUser();
  senders.push(user.id);
  return user;
}

/** The handbook, enlarged with bytes that PDF readers ignore after its end. */
async function largeForm(bytes: number): Promise<FormData> {
  const pdf = await newPdf();
  const padding = Buffer.alloc(bytes - pdf.length, "\n");
  const form = new FormData();
  const type = "application/pdf";
  form.append("file", new File([pdf.slice(), padding], "large.pdf", { type }));
  return form;
}

const send = (user: User, body: FormData) => call("/api/upload-document-backend", { method: "POST", user, body });

describe("concurrent forms of the largest size", () => {
  it("from one user neither delay other users nor kill a process", async () => {
    const before = await functionEnds("api");
    const flooder = await sender();
    const forms = await Promise.all(
      Array.from({ length: 5 }, () => largeForm(19 * MIB)),
    );
    let isOver = false;
    const flood = (async () => {
      const answers = [];
      for (let round = 0; round < 3; round++) {
        answers.push(
          ...await Promise.all(forms.map((form) => send(flooder, form))),
        );
      }
      isOver = true;
      return answers;
    })();

    const times: number[] = [];
    const statuses = new Set<number>();
    const ask = async (request: () => ReturnType<typeof call>) => {
      const began = performance.now();
      const { status } = await request();
      times.push(performance.now() - began);
      statuses.add(status);
    };
    while (!isOver) {
      await ask(() => call(`/api/documents/${document_id}/status`, { user: other }));
      await ask(() =>
        call("/api/search", {
          method: "POST",
          user: other,
          json: { query: "opening hours", mode: "text" },
        })
      );
      await ask(async () => send(other, await largeForm(64 * 1024)));
    }
    expect([...statuses]).toEqual([200]);
    times.sort((a, b) => a - b);
    expect(times.length).toBeGreaterThan(10);
    expect(times[Math.floor(times.length * 0.95)]).toBeLessThan(1_000);

    const answers = await flood;
    const of = (status: number) => answers.filter((answer) => answer.status === status);
    // The same form again is a duplicate.
    expect(of(200).length + of(409).length + of(503).length)
      .toBe(answers.length);
    expect(of(200).length).toBeGreaterThan(0);
    expect(of(503).length).toBeGreaterThan(0);
    for (const { headers, body } of of(503)) {
      expect(body.error.code).toBe("too_busy");
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect((await functionEnds("api")).killed).toBe(before.killed);
  });

  it("are received one after the other, completely", async () => {
    const user = await sender();
    for (let n = 0; n < 3; n++) {
      const form = await largeForm(19 * MIB);
      const { status, body } = await send(user, form);
      expect(status).toBe(200);
      const [{ size }] = await sql`
        select (metadata ->> 'size')::int as size from storage.objects
        where name = ${`user/${user.id}/raw/${body.document_id}.pdf`}`;
      expect(size).toBe(19 * MIB);
    }
  });

  it("are accepted from two users at once, and refused for a third", async () => {
    const users = await Promise.all([sender(), sender(), sender()]);
    const answers = await Promise.all(
      users.map(async (user) => send(user, await largeForm(15 * MIB))),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect([[200, 200, 200], [200, 200, 503]]).toContainEqual(statuses);
  });
});
