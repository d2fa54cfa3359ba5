import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

import { Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import type { Tool } from "../mcp-tool.ts";
import { ownerOf } from "@benchai/kernel/owner";

/** JSON-RPC 2.0, as the MCP specification has it. */
const Message = Type.Object({ jsonrpc: Type.Literal("2.0") }, { additionalProperties: true });

/**
 * `POST /mcp`: the Model Context Protocol over streamable HTTP, without sessions: every request stands for itself, so
 * nothing has to survive a restart and nothing can be mixed up between owners. There is no stream to listen to: 405 to `GET`.
 */
export function mcpRoutes(app: App, tools: readonly Tool[]): void {
  const schema = {
    summary: `Model Context Protocol over streamable HTTP, without sessions; tools: ${tools.map(({ name }) => name).join(", ")}`,
    bodies: { "application/json": Message },
    answers: { "application/json": Message },
  };
  app.post("/mcp", { schema }, async (request, reply) => {
    const server = mcpServer(tools, ownerOf(request));
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    reply.hijack();
    reply.raw.on("close", () => void server.close());
    await server.connect(transport);
    await transport.handleRequest(request.raw, reply.raw, request.body);
  });
  app.route({
    method: ["GET", "DELETE"],
    url: "/mcp",
    handler: async (_request, reply) => {
      void reply.header("allow", "POST");
      throw new AppError("method_not_allowed", "this MCP server has no sessions; POST each message to /mcp");
    },
  });
}

function mcpServer(tools: readonly Tool[], owner: string): Server {
  const server = new Server({ name: "benchai", version: "0.1.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.map(listed) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) =>
    run(tools, owner, params.name, params.arguments ?? {}),
  );
  return server;
}

function listed({ name, description, input, isReadOnly }: Tool) {
  const { properties, required } = input;
  return {
    name,
    description,
    inputSchema: { type: "object" as const, properties: { ...properties }, required: [...(required ?? [])] },
    annotations: {
      readOnlyHint: isReadOnly,
      destructiveHint: name.startsWith("forget"),
      openWorldHint: false,
    },
  };
}

/** Refusals are answers that the agent can read and mend (MCP specification, "Tools", error handling). */
async function run(
  tools: readonly Tool[],
  owner: string,
  name: string,
  input: unknown,
): Promise<CallToolResult> {
  const tool = tools.find((t) => t.name === name);
  try {
    if (!tool) throw new AppError("not_found", `there is no tool ${name}`);
    return { content: [{ type: "text", text: await tool.run(owner, input) }] };
  } catch (error) {
    const text =
      error instanceof AppError ? error.message : "internal error; the service's log has the details";
    return { isError: true, content: [{ type: "text", text }] };
  }
}
