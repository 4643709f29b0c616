import { run } from "../../command.ts";

/** A git repository of its own, for tests. */
export class ScratchRepository implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<ScratchRepository> {
    const repository = new ScratchRepository(await Deno.makeTempDir());
    await repository.git("init", "--quiet", "--initial-branch=main");
    return repository;
  }

  /** No user's settings: they may sign commits, or run hooks. */
  git(...args: string[]): Promise<string> {
    return run("git", ["-C", this.path, ...args], { env: ENVIRONMENT });
  }

  async write(path: string, text: string): Promise<void> {
    const place = `${this.path}/${path}`;
    await Deno.mkdir(place.replace(/\/[^/]+$/, ""), { recursive: true });
    await Deno.writeTextFile(place, text);
  }

  async commit(): Promise<void> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", "change");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.test",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.test",
};
