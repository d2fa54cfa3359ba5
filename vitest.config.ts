import { defineConfig } from "vitest/config";

/** What is waited for may be late on a busy machine. A time that is promised is measured, by a test that says so. */
const patience = { poll: { timeout: 10_000 } };

/**
 * A test of how long something takes. Whatever else the machine does can only make it longer, so that it must hold in one of
 * three tries. No try may be made easier by the one before, as by a cache.
 */
const tags = [{ name: "clock", description: "measures how long something takes", retry: 2 }];

/** `unit` needs nothing but Node; `containers` needs a Docker engine and runs one file at a time on it. */
export default defineConfig({
  test: {
    reporters: [
      "default",
      ["json", { outputFile: `.benchai/report/${process.env["BENCHAI_REPORT"] ?? "vitest"}.json` }],
    ],
    projects: [
      {
        test: {
          name: "unit",
          expect: patience,
          tags,
          include: ["{packages,services}/*/{src,test}/**/*.test.ts", "test/{unit,launcher}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "containers",
          expect: patience,
          tags,
          include: ["test/containers/**/*.test.ts"],
          globalSetup: ["test/containers/global-setup.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
