import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { isLiveSpeech, passedTarget } from "../core/passed-on.ts";
import type { WebTrust } from "../core/web-trust.ts";
import { answerOn, refuseAmbiguous } from "../edge/request-guard.ts";
import type { RequestIds } from "../edge/request-ids.ts";
import type { Switchboard } from "../edge/switchboard.ts";
import { refuseStrangers } from "../edge/web-guard.ts";

/** What asks to become something else, and is not this, goes on as the request that it is (curl's `h2c`, for instance). */
export function isTunnelled({ url = "", headers }: IncomingMessage): boolean {
  return isLiveSpeech(url) && headers.upgrade?.toLowerCase() === "websocket";
}

/** WebSockets, passed on to the speech service byte for byte in both directions. */
export function tunnels(app: App, switchboard: Switchboard, ids: RequestIds, trust: WebTrust): void {
  const open = new Set<Duplex>();
  app.server.on("upgrade", (request: IncomingMessage, client: Duplex, head: Buffer) => {
    open.add(client);
    client.once("close", () => open.delete(client));
    // A client that is gone is no error of ours.
    client.on("error", () => client.destroy());
    tunnel({ switchboard, trust, requestId: ids.next() }, request, client, head).catch((error: unknown) =>
      refuse(client, error),
    );
  });
  app.addHook("preClose", (done) => {
    for (const client of open) client.destroy();
    done();
  });
}

async function tunnel(
  { switchboard, trust, requestId }: { switchboard: Switchboard; trust: WebTrust; requestId: string },
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  refuseAmbiguous(request);
  // CORS does not ask for WebSockets (S40).
  refuseStrangers(request, trust);
  const { headers, url = "" } = request;
  const target = passedTarget(url, "speech");
  const proxy = switchboard.proxyTo("speech");
  if (!proxy)
    throw new AppError("not_found", "the speech service is switched off; set SPEECH_URL and start it");
  const owner = switchboard.ownerOf(headers);
  const service = await proxy.upgrade({ target, owner, requestId }, headers);
  if (client.destroyed) return void service.socket.destroy();
  switchboard.metrics.passedOn.inc({ service: "speech", status: 101 });
  const lines = Object.entries({ ...service.headers, "x-request-id": requestId }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  client.write(
    `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${lines.join("")}\r\n`,
  );
  service.socket.write(head);
  await bothWays(client, service.socket);
}

/** Until either end is gone, which ends the other. */
async function bothWays(client: Duplex, service: Duplex): Promise<void> {
  const ways = [pipeline(client, service), pipeline(service, client)];
  await Promise.race(ways.map((way) => way.catch(() => undefined)));
  await Promise.allSettled(ways);
}

function refuse(client: Duplex, error: unknown): void {
  if (client.destroyed) return;
  const known =
    error instanceof AppError
      ? error
      : new AppError("internal_error", "internal error; the router's log has the details", { cause: error });
  answerOn(client, `${known.status} ${STATUS_CODES[known.status]}`, known);
}
