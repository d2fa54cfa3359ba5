import { statSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { gguf, hub } from "./hub-server.ts";
import { expectRefused, model, models, pull, q4, q8, repo, usual } from "./pull-run.ts";
import { sandbox } from "./sandbox.ts";

describe("a model from the hub", () => {
  test("is Q4_K_M when no quantization is asked for, checked and readable for workers", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    const result = await pull(box, from, [`hf:${repo}`]);
    expect(result.err).toBe("");
    expect(result.code).toBe(0);
    expect(models(box)).toEqual(["model-Q4_K_M.gguf"]);
    expect(model(box, "model-Q4_K_M.gguf").equals(q4)).toBe(true);
    expect(statSync(join(box.home, "models/model-Q4_K_M.gguf")).mode & 0o777).toBe(0o644);
  });

  test.each([
    ["the asked one in any case", "q8_0", usual, "model-Q8_0.gguf"],
    [
      "Q8_0 where there is no Q4_K_M",
      "",
      usual.filter(({ path }) => !path.includes("Q4")),
      "model-Q8_0.gguf",
    ],
    ["the first where there is neither", "", usual.slice(0, 2), "model-BF16.gguf"],
    [
      "one in a folder",
      "Q4_K_M",
      [
        { path: "Q4_K_M/it.gguf", content: q4 },
        { path: "Q4_K_M/it-Q4_K_M.gguf", content: q8 },
      ],
      "it-Q4_K_M.gguf",
    ],
  ])("is %s", async (_which, quant, files, expected) => {
    const [box, from] = [sandbox(), await hub(repo, files)];
    await pull(box, from, [`hf:${repo}${quant && `:${quant}`}`]);
    expect(models(box)).toEqual([expected]);
  });

  test("in parts is fetched whole", async () => {
    const parts = [1, 2, 3].map((n) => ({
      path: `sub/big-Q4_K_M-0000${n}-of-00003.gguf`,
      content: gguf(9000, n),
    }));
    const [box, from] = [sandbox(), await hub(repo, [...parts, ...usual.slice(0, 2)])];
    const result = await pull(box, from, [`hf:${repo}`]);
    expect(result.err).toBe("");
    expect(models(box)).toEqual(parts.map(({ path }) => path.slice(4)));
    expect(result.out).toContain("model 'big-Q4_K_M' is in");
  });

  test("that is there already is not fetched again", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    await pull(box, from, [`hf:${repo}`]);
    const before = from.filesSeen.length;
    const result = await pull(box, from, [`hf:${repo}`]);
    expect(result.out).toContain("is there already");
    expect(from.filesSeen).toHaveLength(before);
  });

  test("with a quantization it does not have: those it has are named", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    expectRefused(
      await pull(box, from, [`hf:${repo}:Q2_K`]),
      "has no quantization 'Q2_K': it has BF16 Q4_K_M Q8_0",
    );
  });

  test("whose parts are not all there is refused", async () => {
    const [box, from] = [sandbox(), await hub(repo, [{ path: "m-Q8_0-00001-of-00002.gguf", content: q4 }])];
    expectRefused(await pull(box, from, [`hf:${repo}`]), "m-Q8_0 has 1 of its 2 parts");
  });

  test.each([
    ["unknown repository", "hf:owner/none", /has no repository owner\/none/u],
    ["private repository", "hf:private/model", /answers 401 for private\/model: .*HF_TOKEN/u],
    ["repository without models", "hf:owner/empty", /has no GGUF files/u],
    ["name that is no repository", "hf:../../etc/passwd", /is no repository/u],
  ])("that is a %s is refused in one line", async (_what, address, message) => {
    const box = sandbox();
    const from = await hub(address === "hf:owner/empty" ? "owner/empty" : repo, usual.slice(0, 1));
    expectRefused(await pull(box, from, [address]), message);
    expect(models(box)).toEqual([]);
  });

  test("whose name would leave the folder stays in it", async () => {
    const [box, from] = [
      sandbox(),
      await hub(repo, [
        { path: "../../evil.gguf", content: q4 },
        { path: "sub/.hidden.gguf", content: q4 },
      ]),
    ];
    await pull(box, from, [`hf:${repo}`]);
    expect(box.has("evil.gguf")).toBe(false);
    expect(box.has("../evil.gguf")).toBe(false);
    expectRefused(
      await pull(box, await hub(repo, [{ path: "sub/.hidden.gguf", content: q4 }]), [`hf:${repo}`]),
      "cannot be a file name here",
    );
    expect(models(box).filter((name) => name.includes("hidden"))).toEqual([]);
  });
});

describe("HF_TOKEN", () => {
  test("goes to the hub and never to the host it redirects to, nor into a process list", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    box.stub("curl", `printf '%s\\n' "$*" >>"\${0%/*}/curl-args"\nexec ${box.real("curl")} "$@"`);
    const result = await pull(box, from, [`hf:${repo}`], { HF_TOKEN: "hf_secret" });
    expect(result.err).toBe("");
    expect(from.seen.length).toBeGreaterThan(1);
    expect(from.seen.map(({ authorization }) => authorization)).toEqual(
      from.seen.map(() => "Bearer hf_secret"),
    );
    expect(from.filesSeen.length).toBeGreaterThan(0);
    expect(from.filesSeen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    expect(box.read("../bin/curl-args")).not.toContain("hf_secret");
  });

  test("is not sent to the host of a plain URL", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    const other = await hub(repo, usual);
    await pull(box, from, [`${other.origin}/${repo}/resolve/main/model-Q8_0.gguf`], {
      HF_TOKEN: "hf_secret",
    });
    expect(models(box)).toEqual(["model-Q8_0.gguf"]);
    expect(other.seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });
});

describe("an interrupted download", () => {
  test("goes on by itself where the connection broke", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    from.breakAfter.push(10_000, 5000);
    const result = await pull(box, from, [`hf:${repo}`]);
    expect(result.err).toBe("");
    expect(model(box, "model-Q4_K_M.gguf").equals(q4)).toBe(true);
    const gets = from.filesSeen.filter(({ method }) => method === "GET").map(({ range }) => range);
    expect(gets[0]).toBeUndefined();
    expect(gets.slice(1).every((range) => range !== undefined && range !== "bytes=0-")).toBe(true);
  });

  test("is resumed by the next pull", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    from.breakAfter.push(10_000, 0, 0, 0, 0);
    expectRefused(await pull(box, from, [`hf:${repo}`]), /broke off after .*pull again, it resumes/u);
    expect(models(box).filter((name) => name.endsWith(".gguf"))).toEqual([]);
    from.breakAfter.length = 0;
    const result = await pull(box, from, [`hf:${repo}`]);
    expect(result.out).toContain("continuing after");
    expect(models(box)).toEqual(["model-Q4_K_M.gguf"]);
    expect(model(box, "model-Q4_K_M.gguf").equals(q4)).toBe(true);
  });

  test("starts again when the server's content is another one by now", async () => {
    const box = sandbox();
    box.write("models/m.gguf.part", "GGUF of an older upload");
    box.write("models/m.gguf.part.from", 'etag "older" size 40000\n');
    const from = await hub(repo, [{ path: "m.gguf", content: q4 }]);
    const result = await pull(box, from, [`${from.origin}/${repo}/resolve/main/m.gguf`]);
    expect(result.out).not.toContain("continuing");
    expect(model(box, "m.gguf").equals(q4)).toBe(true);
  });

  test("ends with an error when the server cannot resume and the connection always breaks", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    from.supportsRange = false;
    from.breakAfter.push(...Array.from({ length: 20 }, () => 10_000));
    expectRefused(await pull(box, from, [`hf:${repo}`]), "keeps breaking and it cannot resume");
  });

  test("starts again when the server cannot resume", async () => {
    const [box, from] = [sandbox(), await hub(repo, usual)];
    from.supportsRange = false;
    from.breakAfter.push(10_000);
    const result = await pull(box, from, [`hf:${repo}`]);
    expect(result.err).toBe("");
    expect(model(box, "model-Q4_K_M.gguf").equals(q4)).toBe(true);
  });
});
