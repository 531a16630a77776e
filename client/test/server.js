/** A real server for the tests: the binary that BAILIWICK_BINARY names, on a folder and a port of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = { user: "root", pass: "secret-password" };

export async function startServer(...options) {
  const binary = process.env.BAILIWICK_BINARY;
  if (!binary) throw new Error("BAILIWICK_BINARY must name the executable to test");
  const folder = await mkdtemp(join(tmpdir(), "bailiwick-client-"));
  const args = ["start", "--data", join(folder, "data"), "--bind", "127.0.0.1:0", "--user", ROOT.user, "--pass", ROOT.pass];
  const child = spawn(binary, [...args, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let log = "";
  const url = await new Promise((resolve, reject) => {
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text) => {
      log += text;
      const found = /listening on (http:\/\/\S+)\n/.exec(log);
      if (found) resolve(found[1]);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
