import { Socket as DatagramSocket } from "node:dgram";
import { Server, Socket } from "node:net";

/**
 * Takes this process's sockets away: no parser fetches anything. Node's permission model does not cover the network
 * before version 25; this covers every library that goes through Node's own modules, not code that got out of them.
 */
export function refuseNetwork(): void {
  const refuse = (): never => {
    throw new Error("a parser has no network");
  };
  Object.defineProperty(Socket.prototype, "connect", { value: refuse });
  Object.defineProperty(Server.prototype, "listen", { value: refuse });
  Object.defineProperty(DatagramSocket.prototype, "bind", { value: refuse });
  Object.defineProperty(DatagramSocket.prototype, "send", { value: refuse });
}
