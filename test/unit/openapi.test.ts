import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import { parse } from "yaml";

import { errorStatus } from "@benchai/contract/errors";
import { modelStates } from "@benchai/contract/models";

import { callKinds } from "../../services/router/src/core/call-kinds.ts";
import { isKnowledgePath } from "../../services/router/src/core/knowledge-path.ts";

type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, unknown> }>>>>;
  readonly components: {
    readonly schemas: {
      readonly Model: { properties: { benchai: { properties: { state: { enum: string[] } } } } };
    };
  };
};

const openapi = parse(readFileSync(new URL("../../docs/openapi.yaml", import.meta.url), "utf8")) as OpenApi;

test("the OpenAPI document names every inference route as POST, and besides only what is passed on to knowledge", () => {
  const posts = Object.entries(openapi.paths)
    .filter(([path, methods]) => "post" in methods && !isKnowledgePath(path))
    .map(([path]) => path);
  expect(posts.toSorted()).toEqual(
    Object.values(callKinds)
      .map((k) => k.path)
      .toSorted(),
  );
});

test("every error status of an inference route is in the error vocabulary, and every documented one can happen", () => {
  const documented = Object.keys(openapi.paths["/v1/chat/completions"]?.["post"]?.responses ?? {}).filter(
    (s) => s !== "200",
  );
  const possible = new Set(Object.values(errorStatus).map(String));
  for (const status of documented) expect(possible).toContain(status);
  for (const code of [
    "invalid_json",
    "model_not_found",
    "body_too_large",
    "unsupported_media_type",
    "model_invalid",
    "queue_full",
    "upstream_failed",
    "model_loading",
    "upstream_timeout",
  ] as const)
    expect(documented).toContain(`${errorStatus[code]}`);
});

test("the OpenAPI document and the contract agree on the states of a model", () => {
  expect(openapi.components.schemas.Model.properties.benchai.properties.state.enum).toEqual([...modelStates]);
});
