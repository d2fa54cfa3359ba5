import { describe, expect, test } from "vitest";

import { hub, sha256 } from "./hub-server.ts";
import { freePort } from "../support/free-port.ts";
import { serve } from "./listener.ts";
import { expectRefused, models, pull, q8, repo, usual } from "./pull-run.ts";
import { sandbox } from "./sandbox.ts";

describe("what is no model does not become one", () => {
  test("a wrong checksum from the hub", async () => {
    const [box, from] = [
      sandbox(),
      await hub(repo, [{ path: "m-Q8_0.gguf", content: q8, sha256: "a".repeat(64) }]),
    ];
    expectRefused(
      await pull(box, from, [`hf:${repo}`]),
      /m-Q8_0\.gguf has SHA-256 .* and a{64} was expected/u,
    );
    expect(models(box)).toEqual([]);
  });

  test("a URL with another checksum than the given one; with the right one it is taken under its --name", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    const url = `${from.origin}/${repo}/resolve/main/model-Q8_0.gguf?download=true`;
    expectRefused(await pull(box, from, [url, "--sha256", "b".repeat(64)]), "was expected");
    const result = await pull(box, from, [url, "--sha256", sha256(q8).toUpperCase(), "--name", "mine"]);
    expect(result.err).toBe("");
    expect(models(box)).toEqual(["mine.gguf"]);
  });

  test.each([
    ["a web page that says it is one", "text/html", /is a web page, not a model/u],
    [
      "a web page in disguise",
      "application/octet-stream",
      /is not a GGUF file \(it begins with '<!doctype html>/u,
    ],
  ])("%s", async (_what, type, message) => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    from.instead = { status: 200, type, body: "<!doctype html><title>Sign in</title>" };
    expectRefused(await pull(box, from, [`${from.origin}/${repo}/resolve/main/model-Q8_0.gguf`]), message);
    expect(models(box)).toEqual([]);
  });

  test.each([
    ["../../escape", "cannot be a model's name"],
    ["-rf", "cannot be a model's name"],
    ["a/b", "cannot be a model's name"],
  ])("a --name like %s", async (name, message) => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    expectRefused(await pull(box, from, [`hf:${repo}`, "--name", name]), message);
    expect(from.seen).toEqual([]);
  });

  test.each(["https://host/..%2f..%2fevil.gguf", "https://host/model", "ftp://host/m.gguf", "/etc/passwd"])(
    "the address %s",
    async (address) => {
      const [box, from] = [sandbox(), await hub(repo, usual)];
      expectRefused(await pull(box, from, [address]), /--name|is no model address/u);
    },
  );
});

describe("errors name what and what to do", () => {
  test("a host that cannot be reached", async () => {
    const box = sandbox();
    const origin = `http://127.0.0.1:${await freePort()}`;
    expectRefused(
      await box.run(["pull", `hf:${repo}`], { HF_ENDPOINT: origin }),
      /cannot reach http:\/\/127\.0\.0\.1:\d+ \(Failed to connect.*HF_ENDPOINT/u,
    );
    expectRefused(
      await box.run(["pull", `${origin}/m.gguf`]),
      /cannot reach http:\/\/127\.0\.0\.1:\d+ .*check the network/u,
    );
  });

  test.each([
    [404, /has no m\.gguf \(404\): check the address/u],
    [403, /answers 403 for m\.gguf: it is private or gated: .*HF_TOKEN/u],
    [503, /broke off after 0\.0 MiB .*answers 503/u],
  ])("HTTP %i", async (status, message) => {
    const box = sandbox();
    const origin = await serve((_request, response) =>
      response.writeHead(status, { "content-type": "text/html" }).end("<html>"),
    );
    expectRefused(await box.run(["pull", `${origin}/m.gguf`]), message);
    expect(models(box).filter((name) => !name.includes(".part"))).toEqual([]);
  });

  test("a disk that is too small, before anything is fetched", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    box.stub("df", "echo header; echo 'disk 100 99 1 99% /'");
    expectRefused(
      await pull(box, from, [`hf:${repo}`]),
      /needs 16 MiB and the disk of .*models has 0 MiB free: free some/u,
    );
    expect(from.filesSeen.filter(({ method }) => method === "GET")).toEqual([]);
  });

  test("a disk that fills up on the way keeps the part for later", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    box.stub(
      "df",
      `printf 'x\\n%s' "$( [ -s '${box.home}/models/model-Q4_K_M.gguf.part' ] && echo 'd 9 9 0 100%% /' || echo 'd 9 0 999999999 0%% /')"`,
    );
    box.stub(
      "curl",
      `case "$*" in *' -o '*gguf.part*) printf GGUF >'${box.home}/models/model-Q4_K_M.gguf.part'; exit 23 ;; esac\nexec ${box.real("curl")} "$@"`,
    );
    expectRefused(
      await pull(box, from, [`hf:${repo}`]),
      /the disk of .*models is full: free some, then pull again \(it resumes\)/u,
    );
    expect(models(box)).toContain("model-Q4_K_M.gguf.part");
  });

  test("curl that is missing", async () => {
    const box = sandbox();
    box.without("curl");
    expectRefused(await box.run(["pull", "hf:a/b"]), /curl is missing: install it/u);
  });
});
