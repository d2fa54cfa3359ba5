import { readFileSync } from "node:fs";

import { expect, test } from "vitest";
import { parse } from "yaml";

import { errorStatus } from "@benchai/contract/errors";
import { modelStates } from "@benchai/contract/models";

import { callKinds } from "../../services/router/src/core/call-kinds.ts";
import { serviceOf } from "../../services/router/src/core/passed-on.ts";
import { servicesPart } from "../openapi/services-part.ts";
import { serviceRoutes } from "../openapi/service-routes.ts";
import { withPart } from "../openapi/page.ts";

type Operation = {
  readonly summary?: string;
  readonly parameters?: readonly { name: string; in: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { $ref?: string; description?: string; content?: object }>>;
};
type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: {
      readonly Model: { properties: { benchai: { properties: { state: { enum: string[] } } } } };
    };
  };
};

const page = readFileSync(new URL("../../docs/openapi.yaml", import.meta.url), "utf8");
const openapi = parse(page) as OpenApi;
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const passedOn = operations.filter(({ path }) => isPassedOn(path));

/** A piece of speech for a model is the router's own, under a path of the speech service's. */
function isPassedOn(path: string): boolean {
  return serviceOf(path) !== undefined && !Object.values(callKinds).some((kind) => kind.path === path);
}

test("the OpenAPI document names every inference route as POST, and besides only what is passed on", () => {
  const posts = Object.entries(openapi.paths)
    .filter(([path, methods]) => "post" in methods && !isPassedOn(path))
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

test("the services' part is what their routes say; `npm run openapi` writes it anew", async () => {
  expect(withPart(page, servicesPart(await serviceRoutes()))).toBe(page);
});

test("every route that is passed on has a summary, an answer's schema, and its error codes by status", () => {
  expect(passedOn.length).toBeGreaterThan(30);
  for (const prefix of ["/v1/memory/", "/v1/rag/", "/v1/files", "/v1/jobs", "/mcp", "/v1/audio/speech"])
    expect(passedOn.some(({ path }) => path.startsWith(prefix))).toBe(true);
  for (const { path, method, operation } of passedOn) {
    const where = `${method} ${path}`;
    expect(operation.summary, where).toMatch(/^[A-Z].{5,}[^.]$/);
    expect(operation.requestBody !== undefined, where).toBe(
      ["put", "patch"].includes(method) || (method === "post" && !/\/(?:optimize|cancel|retry)$/.test(path)),
    );
    for (const [, name] of path.matchAll(/\{(\w+)\}/g))
      expect(operation.parameters, where).toContainEqual(expect.objectContaining({ name }));
    for (const [status, response] of Object.entries(operation.responses)) {
      if (Number(status) < 400) {
        expect(status === "204" || response.content !== undefined, where).toBe(true);
        continue;
      }
      expect(response.$ref).toBe("#/components/responses/Error");
      const codes = response.description?.match(/[a-z_]+/g) ?? [];
      expect(codes, where).not.toEqual([]);
      for (const code of codes) expect(errorStatus, where).toHaveProperty(code, Number(status));
    }
  }
});

test("what the router keeps to itself is not in the document, and everything that is referred to is", () => {
  expect(page).not.toContain("/internal/");
  expect(Object.keys(openapi.paths)).not.toContain("/v1/memory");
  const references = page.match(/#\/[\w/]+/g) ?? [];
  expect(references.length).toBeGreaterThan(100);
  for (const reference of new Set(references)) {
    const found = reference
      .split("/")
      .slice(1)
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], openapi);
    expect(found, reference).toBeDefined();
  }
});

test("a route that does not say what it does is refused", () => {
  const route = {
    service: "knowledge",
    method: "get",
    path: "/v1/rag/new",
    schema: { response: { 200: { type: "object" } } },
  } as const;
  expect(() => servicesPart([route])).toThrow("get /v1/rag/new has no summary");
  expect(() => servicesPart([{ ...route, schema: { summary: "New" } }])).toThrow("no schema of its answer");
});
