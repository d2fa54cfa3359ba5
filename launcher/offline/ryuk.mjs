// A stand-in for testcontainers/ryuk: removes what carries the labels its clients named, once the last client has gone.
// Its protocol: one line of `label=a=b&label=…` per request on port 8080, answered by ACK.
import http from "node:http";
import net from "node:net";
import os from "node:os";

const SOCKET = "/var/run/docker.sock";
const GRACE_MS = Number(process.env.RYUK_GRACE_MS ?? 10_000); // a client may come back
const FIRST_CLIENT_MS = Number(process.env.RYUK_FIRST_MS ?? 60_000);

const labels = new Set();
let clients = 0;
let timer = setTimeout(reap, FIRST_CLIENT_MS);

/** One Engine API call; what fails counts as nothing done, as there is nobody to tell. */
function api(method, path) {
  return new Promise((resolve) => {
    const request = http.request({ socketPath: SOCKET, method, path }, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode, body: parse(text) }));
    });
    request.on("error", () => resolve({ status: 0, body: undefined })).end();
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function removeAll(paths) {
  let removed = 0;
  for (const path of paths) if ((await api("DELETE", path)).status < 300) removed += 1;
  return removed;
}

async function removeLabelled(label) {
  const query = `filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`;
  const containers = (await api("GET", `/containers/json?all=1&${query}`)).body ?? [];
  const others = containers.filter(({ Id }) => !Id.startsWith(os.hostname()));
  const removed = [await removeAll(others.map(({ Id }) => `/containers/${Id}?force=1&v=1`))];
  const networks = (await api("GET", `/networks?${query}`)).body ?? [];
  removed.push(await removeAll(networks.map(({ Id }) => `/networks/${Id}`)));
  const volumes = (await api("GET", `/volumes?${query}`)).body?.Volumes ?? [];
  removed.push(await removeAll(volumes.map(({ Name }) => `/volumes/${Name}?force=1`)));
  const images = (await api("GET", `/images/json?${query}`)).body ?? [];
  removed.push(await removeAll(images.map(({ Id }) => `/images/${Id}?force=1`)));
  console.log(`removed for ${label}: ${removed.join(", ")} (containers, networks, volumes, images)`);
}

async function reap() {
  for (const label of labels) await removeLabelled(label);
  await api("DELETE", `/containers/${os.hostname()}?force=1&v=1`); // itself, last
  process.exit(0);
}

function serve(socket) {
  clients += 1;
  clearTimeout(timer);
  let buffer = "";
  socket.on("data", (part) => {
    const lines = (buffer + part).split("\n");
    buffer = lines.pop() ?? "";
    for (const line of lines) {
      for (const label of new URLSearchParams(line.trim()).getAll("label")) labels.add(label);
      socket.write("ACK\n");
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    clients -= 1;
    if (clients === 0) timer = setTimeout(reap, GRACE_MS);
  });
}

net.createServer(serve).listen(8080, () => console.log("Started")); // testcontainers waits for this word
process.on("SIGTERM", () => process.exit(0));
