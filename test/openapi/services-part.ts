import { type ErrorCode, errorStatus } from "@benchai/contract/errors";

import { Components } from "./components.ts";
import type { Route, Schema } from "./service-routes.ts";

/** What the routes add to the OpenAPI document. */
export type Part = { readonly paths: object; readonly schemas: object };

/** What every route of a service may answer: the router's own codes for what it passes on, and the storage's. */
const always = {
  knowledge: [
    "invalid_request",
    "internal_error",
    "knowledge_unavailable",
    "storage_corrupt",
    "storage_unavailable",
  ],
  speech: ["invalid_request", "internal_error", "speech_unavailable"],
} as const satisfies Record<Route["service"], readonly ErrorCode[]>;
const withBody = [
  "invalid_json",
  "body_too_large",
  "unsupported_media_type",
] as const satisfies readonly ErrorCode[];

/** Paths and schemas of the routes. Throws for a route that says too little of itself. */
export function servicesPart(routes: readonly Route[]): Part {
  const components = new Components();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}").replace("*", "{path}");
    (paths[path] ??= {})[route.method] = operation(route, components);
  }
  return { paths, schemas: components.schemas };
}

function operation({ service, method, path, schema }: Route, components: Components) {
  const { summary, params, querystring } = schema;
  if (summary === undefined) throw new Error(`${method} ${path} has no summary`);
  const parameters = [
    ...parametersIn("path", params, components),
    ...parametersIn("query", querystring, components),
  ];
  const bodies = schema.bodies ?? (schema.body ? { "application/json": schema.body } : undefined);
  return {
    tags: [path.split("/").findLast((part) => /^(?:memory|rag|files|jobs|obsidian|mcp|audio)$/.test(part))],
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(bodies ? { requestBody: { required: true, content: contentOf(bodies, components) } } : {}),
    responses: {
      ...successOf(`${method} ${path}`, schema, components),
      ...failures([
        ...always[service],
        ...(bodies ? withBody : []),
        ...(service === "speech" || isReading(method, path) ? [] : (["storage_full"] as const)),
        ...(schema.errors ?? []),
      ]),
    },
  };
}

function isReading(method: string, path: string): boolean {
  return method === "get" || path.endsWith("/search");
}

function parametersIn(place: "path" | "query", schema: Schema | undefined, components: Components) {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, of]) => ({
    // A path with slashes, encoded or not.
    name: name === "*" ? "path" : name,
    in: place,
    ...(place === "path" || required.includes(name) ? { required: true } : {}),
    schema: components.shown(of),
  }));
}

function successOf(route: string, { response, answers }: Route["schema"], components: Components) {
  if (answers && Object.keys(answers).length === 0) return { "204": { description: "Done" } };
  if (answers) return { "200": { description: "Done", content: contentOf(answers, components) } };
  if (!response) throw new Error(`${route} has no schema of its answer`);
  return Object.fromEntries(
    Object.entries(response).map(([status, schema]) => [
      status,
      { description: "Done", content: contentOf({ "application/json": schema }, components) },
    ]),
  );
}

function contentOf(byType: Readonly<Record<string, object>>, components: Components) {
  return Object.fromEntries(
    Object.entries(byType).map(([type, schema]) => [type, { schema: components.shown(schema) }]),
  );
}

/** A response for each status, with the codes that it may carry. */
function failures(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy([...new Set(codes)], (code) => errorStatus[code]);
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, some]) => [
        status,
        { $ref: "#/components/responses/Error", description: some.map((code) => `\`${code}\``).join(", ") },
      ]),
  );
}
