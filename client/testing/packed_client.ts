import { run } from "../../scripts/dev/command.ts";
import { REPOSITORY } from "../../scripts/dev/repository.ts";

const CLIENT = `${REPOSITORY}/client`;
/** The packages that an app installs beside the client. */
const BESIDE = ["@supabase", "@types", "csstype", "react", "tus-js-client"];

/** A project that has the packed client installed, in a folder of its own. */
export class PackedClient implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    /** What the package has. */
    readonly files: string[],
  ) {}

  /** Packs the client as `npm pack` does, which builds it. */
  static async install(): Promise<PackedClient> {
    const folder = await Deno.makeTempDir({ prefix: "packed-client-" });
    try {
      const report = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: CLIENT });
      // The build's own lines precede npm's report.
      const [{ filename, files }] = JSON.parse(report.slice(report.search(/^\[/m)));
      const modules = `${folder}/node_modules`;
      const installed = `${modules}/supabase-document-pipeline-client`;
      await Deno.mkdir(installed, { recursive: true });
      await run("tar", ["-xzf", `${folder}/${filename}`, "-C", installed, "--strip-components=1"]);
      await Promise.all(
        BESIDE.map((name) => Deno.symlink(`${REPOSITORY}/node_modules/${name}`, `${modules}/${name}`)),
      );
      await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ type: "module" }));
      return new PackedClient(folder, files.map(({ path }: { path: string }) => path));
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  get installed(): string {
    return `${this.folder}/node_modules/supabase-document-pipeline-client`;
  }

  async write(path: string, text: string): Promise<string> {
    await Deno.writeTextFile(`${this.folder}/${path}`, text);
    return `${this.folder}/${path}`;
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.folder, { recursive: true });
  }
}
