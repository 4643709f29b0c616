import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { CommandError, run } from "../../dev/command.ts";

/** @throws {ErrorWithRemedy} if Docker is not installed, or does not run */
export async function checkDocker(): Promise<void> {
  try {
    await run("docker", ["info", "--format", "{{.ServerVersion}}"]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ErrorWithRemedy(
        "There is no Docker on this machine.",
        "Install Docker Desktop or Docker Engine (https://docs.docker.com/get-started/get-docker/), or run npm start on " +
          "Debian or Ubuntu, which needs none.",
      );
    }
    if (!(error instanceof CommandError)) throw error;
    throw new ErrorWithRemedy(
      `Docker does not answer: ${error.output}`,
      "Start it, and check that this user may use it (docker info).",
      { cause: error },
    );
  }
}

/**
 * The address of this machine on which containers reach a server. Docker Desktop forwards from containers to the
 * loopback address. Docker Engine does not: there, containers reach the address of the machine on Docker's own bridge,
 * which other machines do not.
 */
export async function addressForContainers(os: string = Deno.build.os): Promise<string> {
  const loopback = "127.0.0.1";
  if (os !== "linux") return loopback;
  const gateway = (await run("docker", [
    ...["network", "inspect", "bridge"],
    ...["--format", "{{(index .IPAM.Config 0).Gateway}}"],
  ])).trim();
  try {
    Deno.listen({ hostname: gateway, port: 0 }).close();
    return gateway;
  } catch (error) {
    // The bridge is inside a virtual machine: Docker Desktop for Linux.
    if (error instanceof Deno.errors.AddrNotAvailable) return loopback;
    throw error;
  }
}
