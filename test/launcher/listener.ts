import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

export type Foreign = {
  readonly port: number;
  readonly pid: number;
  readonly process: ChildProcess;
};

/** A process of its own that listens on a free port of 127.0.0.1, as somebody else's program would. */
export async function foreignListener(): Promise<Foreign> {
  const code = `require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ["--title=foreign-program", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line]: Buffer[] = await once(child.stdout, "data");
  if (line === undefined || child.pid === undefined) throw new Error("the listener did not start");
  return { port: Number(line.toString()), pid: child.pid, process: child };
}

/** An HTTP server of this test; returns its origin. */
export async function serve(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

function portOf(server: http.Server): number {
  return (server.address() as AddressInfo).port;
}
