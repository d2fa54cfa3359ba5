import { request as httpRequest } from "node:http";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { errorStatus } from "@benchai/contract/errors";

import { namedChildren } from "./child-processes.ts";
import { type LiveRig, startLiveRig } from "./live-rig.ts";

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const pcm = { type: "start", response_format: "pcm" } as const;
const text = (...parts: string[]) => parts.map((part) => ({ type: "text", text: part }));

describe("a WebSocket", () => {
  it("says each sentence when it has ended, in order, and then that all is said", async () => {
    const live = await rig.live(pcm, ...text("One sen", "tence. And", " another"), { type: "end" });
    expect(await live.closed.promise).toBe(1000);
    expect(live.sentences).toEqual(["One sentence.", "And another"]);
    expect(live.events.at(-1)).toMatchObject({
      type: "speech.audio.done",
      benchai: { engines: ["espeak-ng"] },
    });
    expect(live.sound).toEqual(await rig.spoken("One sentence. And another"));
    const [, second] = live.events.filter(({ type }) => type === "speech.sentence");
    expect(second?.start_ms).toBeGreaterThan(300);
  });

  it("sounds the same however the text is parted", async () => {
    const whole = "Dr. Smith paid $3.50 for it. Really? **Yes**, on 3 May: see\n\n- one\n- two\n";
    const sound = await rig.spoken(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3 }), async (cuts) => {
        const parts: string[] = [];
        for (let at = 0, i = 0; at < whole.length; i += 1)
          parts.push(whole.slice(at, (at += cuts[i % cuts.length] ?? 1)));
        const live = await rig.live(pcm, ...text(...parts), { type: "end" });
        await live.closed.promise;
        expect(live.sound).toEqual(sound);
      }),
      { numRuns: 25 },
    );
  });

  it("says what is there when it is told to flush, and goes on", async () => {
    const live = await rig.live(pcm, ...text("Half a sen"), { type: "flush" });
    await expect.poll(() => live.sound.length).toBeGreaterThan(1_000);
    for (const message of [...text("And the rest."), { type: "end" }]) live.say(message);
    expect(await live.closed.promise).toBe(1000);
    expect(live.sentences).toEqual(["Half a sen", "And the rest."]);
  });

  it.each([
    ["no JSON", ["{"], "invalid_json"],
    ["no start", text("Hello."), "invalid_request"],
    ["an unknown message", [{ type: "dance" }], "invalid_request"],
    ["a second start", [pcm, pcm], "invalid_request"],
    [
      "something after the end",
      [pcm, ...text("Hello."), { type: "end" }, { type: "flush" }],
      "invalid_request",
    ],
    ["a wrong format", [{ type: "start", response_format: "midi" }], "invalid_request"],
    ["SSML", [{ type: "start", input_format: "ssml" }], "invalid_request"],
    ["an unknown voice", [{ type: "start", voice: "nobody" }], "voice_not_found"],
    ["nothing that can be said", [pcm, ...text("..."), { type: "end" }], "invalid_request"],
  ])("refuses %s with a reason and closes", async (_what, messages, code) => {
    const live = await rig.live();
    for (const message of messages) live.say(message);
    expect(await live.closed.promise).toBe(1008);
    expect(live.events.at(-1)).toMatchObject({ type: "error", error: { code } });
  });

  it("ends a client that says nothing in the middle of its text", async () => {
    const live = await rig.live(pcm, ...text("And then"));
    expect(await live.closed.promise).toBe(1008);
    expect(live.events.at(-1)?.error?.message).toContain("no message for 2 s");
  });

  it("stops everything when the client leaves", async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => `Sentence ${i} of very many. `);
    const live = await rig.live({ type: "start", response_format: "opus" }, ...text(...many));
    await expect.poll(() => live.events.length).toBeGreaterThan(3);
    live.socket.close();
    await expect.poll(() => namedChildren("ffmpeg"), { interval: 5, timeout: 5_000 }).toEqual([]);
  });
});

describe("a request whose body is the text", () => {
  it.each([
    ["text/plain", "One sentence. And another."],
    ["application/x-ndjson", '{"text":"One sentence. "}\n"And another."\n'],
    [
      "text/event-stream",
      `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"One sentence. "}}]}\n\ndata: {"choices":[{"delta":{"content":"And another."}}]}\n\ndata: [DONE]\n\n`,
    ],
  ])("is spoken as %s", async (type, body) => {
    const response = await rig.post("speech/stream?response_format=pcm&speed=1.0", body, type);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "audio/pcm"]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(await rig.spoken("One sentence. And another."));
  });

  it("is answered before its end", async () => {
    const request = httpRequest({
      host: "127.0.0.1",
      port: rig.port,
      method: "POST",
      path: "/v1/audio/speech/stream?response_format=pcm",
      headers: { "content-type": "text/plain" },
    });
    request.write("The first sentence. And then");
    const response = await new Promise<AsyncIterable<Buffer>>((answered) =>
      request.once("response", answered),
    );
    const chunks = response[Symbol.asyncIterator]();
    expect((await chunks.next()).value?.length).toBeGreaterThan(1_000);
    request.end(" the second.");
    const rest: Buffer[] = [];
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) rest.push(next.value);
    expect(Buffer.concat(rest).length).toBeGreaterThan(10_000);
  });

  it.each([
    ["a body of another type", "speech/stream", "application/json", "{}", "unsupported_media_type"],
    ["a wrong speed", "speech/stream?speed=9", "text/plain", "a", "invalid_request"],
    ["a field that is none", "speech/stream?response_format=midi", "text/plain", "a", "invalid_request"],
    ["a line that is no JSON", "speech/stream", "application/x-ndjson", "{\n", "invalid_json"],
  ] as const)("refuses %s", async (_what, path, type, body, code) => {
    const response = await rig.post(path, body, type);
    expect([response.status, await response.json()]).toMatchObject([errorStatus[code], { error: { code } }]);
  });
});
