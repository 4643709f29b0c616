import { act, createElement, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PipelineClient } from "../pipeline_client.ts";
import { ChangingFile } from "../testing/changing_file.ts";
import { FakeProject, refused, signIn } from "../testing/fake_project.ts";
import { PipelineProvider, usePipeline, useUpload } from "./index.ts";
import { Dom, renderHook, settle } from "./testing/dom.ts";

let dom: Dom;
let project: FakeProject;
let client: PipelineClient;
let supabase: Awaited<ReturnType<FakeProject["signIn"]>>["supabase"];
beforeEach(async () => {
  dom = Dom.open();
  project = new FakeProject();
  ({ client, supabase } = await project.signIn());
});
afterEach(async () => {
  await dom.close();
  await settle();
  await project[Symbol.asyncDispose]();
});

let count = 0;
const newFile = () => new File([`content ${++count}`], `${count}.pdf`);

/** Holds the bytes of the next file back until the test lets them arrive. */
function holdPut(): () => void {
  const held = Promise.withResolvers<void>();
  project.next("put", async () => {
    await held.promise;
    return null as never;
  });
  return held.resolve;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !isTrue(); i++) await settle(2);
  expect(isTrue()).toBe(true);
}

async function mounted({ isStrict = false } = {}) {
  const hook = await renderHook(dom, () => useUpload(client, { atOnce: 1, policyId: "P-1" }), { isStrict });
  await settle();
  return hook;
}

describe("useUpload", () => {
  it("uploads files and shows each task", async () => {
    const hook = await mounted({ isStrict: true });
    expect(hook.now()).toMatchObject({ tasks: [], isUploading: false, error: null });
    await act(() => hook.now().addFiles([newFile(), newFile()]));
    expect(hook.now().isUploading).toBe(true);
    await until(() => !hook.now().isUploading);
    expect(hook.now().tasks.map(({ state }) => state)).toEqual(["done", "done"]);
    const { sent, total } = hook.now().progress;
    expect(sent).toBe(total);
    expect(project.documents.size).toBe(2);
    expect(project.requests.find(({ route }) => route === "register")!.announced[0]).toMatchObject({
      policy_id: "P-1",
    });
    await act(() => hook.now().clear());
    expect(hook.now().tasks).toEqual([]);
  });

  it("pauses, resumes, retries and aborts a task", async () => {
    const hook = await mounted();
    const give = holdPut();
    await act(() => hook.now().addFiles([newFile(), newFile()]));
    await until(() => project.countOf("put") === 1);
    const [{ id }, second] = hook.now().tasks;
    await act(() => hook.now().pause(id));
    expect(hook.now().tasks[0].state).toBe("paused");
    give();
    await until(() => hook.now().tasks[1].state === "done");
    expect(hook.now().tasks[1].id).toBe(second.id);
    await act(() => hook.now().abort(id));
    await until(() => project.countOf("remove") === 1);
    expect(hook.now().tasks[0].state).toBe("aborted");

    project.next("register", () => refused(415, "unsupported_type"));
    await act(() => hook.now().addFiles([newFile()]));
    await until(() => hook.now().tasks[2]?.state === "failed");
    expect(hook.now().tasks[2].error).toMatchObject({ code: "unsupported_type" });
    await act(() => hook.now().retry());
    await until(() => hook.now().tasks[2].state === "done");
  });

  it("says why all are paused, and resumes them", async () => {
    const hook = await mounted();
    project.uploadsPerDay = 0;
    await act(() => hook.now().addFiles([newFile(), newFile()]));
    await until(() => hook.now().error !== null);
    expect(hook.now()).toMatchObject({ isUploading: false, error: { code: "daily_limit", retryAfter: 3600 } });
    project.uploadsPerDay = 5;
    await act(() => hook.now().resume());
    await until(() => hook.now().tasks.every(({ state }) => state === "done"));
    await act(() => hook.now().pause());
    expect(hook.now().error).toBeNull();
  });

  it("aborts what is under way when it unmounts, also while a file is hashed", async () => {
    const hook = await mounted();
    const give = holdPut();
    const file = new ChangingFile(new Uint8Array(3 * 1024 * 1024));
    const hashing = Promise.withResolvers<void>();
    await act(() => hook.now().addFiles([newFile()]));
    await until(() => project.countOf("put") === 1);
    file.onRead = () => hashing.promise;
    await act(() => hook.now().addFiles([file]));
    await until(() => hook.now().tasks[1].state === "hashing");
    await hook.unmount();
    hashing.resolve();
    await until(() => project.countOf("remove") === 1);
    expect(project.documents.size).toBe(0);
    expect(project.countOf("register")).toBe(1);
    give();
  });

  it("survives strict mode's second mount", async () => {
    const hook = await mounted({ isStrict: true });
    await act(() => hook.now().addFiles([newFile()]));
    await hook.use(() => useUpload(client));
    await until(() => hook.now().tasks[0]?.state === "done");
  });

  it("is continued by a provider when its component unmounts, and aborted with the provider", async () => {
    const provided = (children: ReactNode) => createElement(PipelineProvider, { pipeline: client }, children);
    let show = true;
    let uploads!: ReturnType<typeof useUpload>;
    function Uploading(): null {
      uploads = useUpload(usePipeline());
      return null;
    }
    const page = () => provided(show ? createElement(Uploading) : null);
    const app = await dom.render(page(), { isStrict: true });
    await settle();
    const give = holdPut();
    await act(() => uploads.addFiles([newFile()]));
    await until(() => project.countOf("put") === 1);
    show = false;
    await app.rerender(page());
    await settle(20);
    expect(project.countOf("remove")).toBe(0);
    show = true;
    await app.rerender(page());
    expect(uploads.tasks).toMatchObject([{ state: "sending" }]);
    give();
    await until(() => uploads.tasks[0].state === "done");

    const giveLate = holdPut();
    await act(() => uploads.addFiles([newFile()]));
    await until(() => project.countOf("put") === 2);
    await app.unmount();
    await until(() => project.countOf("remove") === 1);
    giveLate();
  });

  it("hides the tasks of a user who signs out, and shows them after the next sign-in", async () => {
    const hook = await mounted();
    await act(() => hook.now().addFiles([newFile()]));
    await until(() => hook.now().tasks[0]?.state === "done");
    const mine = hook.now().tasks;
    await act(() => supabase.auth.signOut());
    expect(hook.now().tasks).toEqual([]);
    await act(() => signIn(supabase, "user-2"));
    expect(hook.now().tasks).toEqual([]);
    await act(() => hook.now().addFiles([newFile()]));
    await until(() => hook.now().tasks[0]?.state === "done");
    expect([...project.documents.values()].map(({ userId }) => userId)).toEqual(["user-1", "user-2"]);
    await act(() => signIn(supabase, "user-1"));
    expect(hook.now().tasks).toEqual(mine);
  });

  it("keeps the files that are added before the user is known", async () => {
    const hook = await renderHook(dom, () => useUpload(client));
    await act(() => hook.now().addFiles([newFile()]));
    await until(() => hook.now().tasks[0]?.state === "done");
  });
});

describe("usePipeline", () => {
  it("throws without a provider", async () => {
    let error: unknown;
    function Component(): null {
      try {
        usePipeline();
      } catch (thrown) {
        error = thrown;
      }
      return null;
    }
    await dom.render(createElement(Component));
    expect(String(error)).toContain("PipelineProvider");
  });
});
