import { describe, expect, it, vi } from "vitest";

import type { MemoryHit } from "@benchai/contract/memory";

import { type Access, AccessNotes, findMemories, memoriesForChat, type MemorySearchDeps } from "./memory.ts";

const hit = { id: "mem_1" } as MemoryHit;
function rig(more: Partial<MemorySearchDeps> = {}) {
  const deps = {
    searchMemories: vi.fn<MemorySearchDeps["searchMemories"]>(async () => [hit]),
    relevantMemories: vi.fn<MemorySearchDeps["relevantMemories"]>(async () => [hit]),
    embed: async () => undefined,
    noteAccess: vi.fn<MemorySearchDeps["noteAccess"]>(),
    now: () => 7,
    ...more,
  };
  return deps;
}

describe("searching memories", () => {
  it("goes on with words when the embedding model fails, and notes what was shown", async () => {
    const deps = rig({ embed: () => Promise.reject(new Error("away")) });
    expect(await findMemories(deps, "ann", { query: "tea", limit: 3 })).toEqual([hit]);
    expect(deps.searchMemories).toHaveBeenCalledWith({
      owner: "ann",
      query: "tea",
      limit: 3,
      asOfMs: 7,
      nowMs: 7,
      vector: undefined,
    });
    expect(deps.noteAccess).toHaveBeenCalledWith("ann", ["mem_1"]);
  });

  it("notes nothing when it looks at the past", async () => {
    const deps = rig();
    await findMemories(deps, "ann", { query: "tea", limit: 3, asOfMs: 2 });
    expect(deps.noteAccess).not.toHaveBeenCalled();
  });

  it("gives a chat that names no namespace only what is always true", async () => {
    const deps = rig();
    await memoriesForChat(deps, "ann", "tea", undefined);
    expect(deps.relevantMemories).toHaveBeenCalledWith(
      expect.objectContaining({ owner: "ann", namespace: "" }),
    );
  });
});

describe("notes of access", () => {
  it("are written together, later, and once", async () => {
    const write = vi.fn<(accesses: readonly Access[]) => Promise<void>>(async () => undefined);
    const notes = new AccessNotes(write, () => 5, 1);
    notes.note("ann", ["a"]);
    notes.note("bob", ["b"]);
    expect(write).not.toHaveBeenCalled();
    await expect.poll(() => write.mock.calls).toHaveLength(1);
    expect(write).toHaveBeenCalledWith([
      { owner: "ann", ids: ["a"], atMs: 5 },
      { owner: "bob", ids: ["b"], atMs: 5 },
    ]);
    await notes.flush();
    expect(write).toHaveBeenCalledTimes(1);
  });

  it("cost a note, not the service, when they cannot be written", async () => {
    const write = vi.fn<(accesses: readonly Access[]) => Promise<void>>(() =>
      Promise.reject(new Error("full")),
    );
    const notes = new AccessNotes(write, () => 5, 1);
    notes.note("ann", ["a"]);
    await expect.poll(() => write.mock.calls).toHaveLength(1);
    notes.note("ann", ["b"]);
    await expect.poll(() => write.mock.lastCall).toEqual([[{ owner: "ann", ids: ["b"], atMs: 5 }]]);
  });
});
