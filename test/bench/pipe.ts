/**
 * The least that an HTTP proxy on node:http can do, as the floor for the router's CPU time: no routing, no queue, no
 * retries, no limits. UPSTREAM is host:port; listens on 8080.
 */
import { Agent, createServer, request } from "node:http";
import { pipeline } from "node:stream";

const [host, port] = (process.env["UPSTREAM"] ?? "").split(":");
const agent = new Agent({ keepAlive: true });

createServer((incoming, outgoing) => {
  const { method, url: path, headers } = incoming;
  const upstream = request({ host, port, method, path, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, outgoing, () => undefined);
  });
  pipeline(incoming, upstream, (error) => error && outgoing.destroy());
}).listen(8080, "0.0.0.0");
