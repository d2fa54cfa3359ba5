import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { createLogger } from "@benchai/kernel/log";

import { addFolder, ingestRig } from "../test/ingest-rig.ts";
import { type SystemWatch, systemWatch } from "./edge/folder-watch.ts";
import { listDocuments } from "./edge/store/documents.ts";
import { folderSources } from "./edge/store/sources.ts";
import { Watchers, watchTimes, type WatchTimes } from "./watch.ts";

/** Watches a real folder; events can be made not to be trusted. */
function watching(times: WatchTimes = watchTimes, system: SystemWatch = systemWatch) {
  const rig = ingestRig();
  rig.write("a.md", "alpha");
  rig.write("deep/b.md", "beta");
  addFolder(rig);
  const ports = {
    folderSources: async () => folderSources(rig.db),
    index: (id: number, control: Parameters<typeof rig.ingest.indexFolder>[1]) =>
      rig.ingest.indexFolder(id, control),
  };
  const watchers = new Watchers(ports, createLogger("test", "silent"), times, system);
  onTestFinished(async () => {
    await watchers.close();
    rig[Symbol.dispose]();
  });
  const paths = () =>
    listDocuments(rig.db, { owner: "local", limit: 99 })
      .map((d) => d.path)
      .toSorted();
  const text = (word: string) =>
    rig.db.prepare("SELECT count(*) FROM chunk_index WHERE chunk_index MATCH ?").pluck().get(word);
  const within = (ms: number, check: () => void) => vi.waitFor(check, { timeout: ms, interval: 20 });
  return { rig, watchers, paths, text, within };
}

/** Like a mount whose events do not arrive, known by its file system. */
const silentMount: SystemWatch = { ...systemWatch, isWatchable: async () => false };

describe.each([
  { mode: "events", system: systemWatch },
  { mode: "polling", system: silentMount },
])("a watched folder, by $mode", ({ mode, system }) => {
  it("is indexed within two seconds of any change, and quietly ends", { tags: "clock" }, async () => {
    const { rig, watchers, paths, text, within } = watching(watchTimes, system);
    await watchers.refresh();
    await within(5_000, () => expect(paths()).toEqual(["a.md", "deep/b.md"]));
    await within(5_000, () => expect(watchers.states()[0]).toMatchObject({ mode, problem: undefined }));
    rig.write("a.md", "gamma");
    await within(2_000, () => expect(text("gamma")).toBe(1));
    rig.write("new/folder/c.md", "delta");
    await within(2_000, () => expect(paths()).toContain("new/folder/c.md"));
    rig.write("new/folder/d.md", "epsilon");
    await within(2_000, () => expect(paths()).toContain("new/folder/d.md"));
    renameSync(join(rig.root, "deep"), join(rig.root, "moved"));
    await within(2_000, () => expect(paths()).toContain("moved/b.md"));
    rig.write("moved/b.md", "zeta");
    await within(2_000, () => expect(text("zeta")).toBe(1));
    rmSync(join(rig.root, "new"), { recursive: true });
    await within(2_000, () => expect(paths()).toEqual(["a.md", "moved/b.md"]));
    expect(watchers.states()[0]).toMatchObject({ mode });
    await watchers.close();
  });
});

describe("watchers", () => {
  it("fall back to polling when a look finds what no event told of", async () => {
    let isWatching = false;
    const deaf = {
      get isWatching() {
        return isWatching;
      },
      follow: () => {
        isWatching = true;
        return { isNew: false, failure: undefined };
      },
      close: () => undefined,
    };
    const system = { ...systemWatch, watchFolders: () => deaf };
    const { rig, watchers, text, within } = watching({ settleMs: 10, pollMs: 50, lookMs: 300 }, system);
    await watchers.refresh();
    await within(5_000, () => expect(text("alpha")).toBe(1));
    await within(1_000, () => expect(isWatching).toBe(true));
    expect(watchers.states()[0]).toMatchObject({ mode: "events" });
    rig.write("a.md", "unheard");
    await within(5_000, () => expect(text("unheard")).toBe(1));
    await within(1_000, () =>
      expect(watchers.states()[0]).toMatchObject({
        mode: "polling",
        reason: "a change came without an event",
      }),
    );
  });

  it("say what is wrong with a folder that is away, and go on when it is back", async () => {
    const { rig, watchers, text, within } = watching({ settleMs: 10, pollMs: 50, lookMs: 10_000 });
    await watchers.refresh();
    await within(5_000, () => expect(text("alpha")).toBe(1));
    renameSync(rig.root, `${rig.root}-away`);
    await within(5_000, () => expect(watchers.states()[0]?.problem).toContain("cannot be looked at"));
    expect(text("alpha")).toBe(1);
    mkdirSync(rig.root);
    await within(5_000, () => expect(watchers.states()[0]?.problem).toContain("is empty"));
    rmSync(rig.root, { recursive: true });
    renameSync(`${rig.root}-away`, rig.root);
    rig.write("a.md", "returned");
    await within(5_000, () => expect(text("returned")).toBe(1));
    await within(1_000, () => expect(watchers.states()[0]?.problem).toBeUndefined());
  });

  it("stop with their source", async () => {
    const { rig, watchers, within } = watching();
    await watchers.refresh();
    await within(5_000, () => expect(watchers.states()).toHaveLength(1));
    rig.db.prepare("DELETE FROM sources").run();
    await watchers.refresh();
    expect(watchers.states()).toEqual([]);
  });
});
