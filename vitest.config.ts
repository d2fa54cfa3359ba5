import { defineConfig } from "vitest/config";

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
          include: ["{packages,services}/*/{src,test}/**/*.test.ts", "test/{unit,launcher}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "containers",
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
