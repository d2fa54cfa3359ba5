import { createHash } from "node:crypto";

import { type FakeKnowledge, type KnowledgeFaults, startFakeKnowledge } from "@benchai/fakes/fake-knowledge";

import { eventually, type Stack, type StackOptions, startStack } from "./stack.ts";

/** A stack with a fake knowledge service, which ends with it. */
export async function startKnowledgeStack(
  options: StackOptions & { readonly faults?: Partial<KnowledgeFaults> } = {},
): Promise<{ stack: Stack; knowledge: FakeKnowledge } & AsyncDisposable> {
  const knowledge = await startFakeKnowledge(options.faults);
  const stack = await startStack({ ...options, env: { KNOWLEDGE_URL: knowledge.url, ...options.env } });
  await eventually(async () => !(await stack.get("/health")).text.includes("not asked yet"));
  return {
    stack,
    knowledge,
    [Symbol.asyncDispose]: async () => {
      await stack[Symbol.asyncDispose]();
      await knowledge[Symbol.asyncDispose]();
    },
  };
}

const citation = {
  reference: "notes/a.md#L1-L2",
  collection: "notes",
  document_id: "1",
  path: "notes/a.md",
  title: "A",
  heading_path: ["H"],
  start_line: 1,
  end_line: 2,
  sha256: "0".repeat(64),
};

/** What knowledge answers when something fits. */
export const found = {
  block: "<retrieved_data>\nhidden-text\n</retrieved_data>\n\n",
  tokens: 12,
  citations: [citation],
  memories: [{ id: "7", category: "fact", created_at: "2026-01-01T00:00:00Z" }],
  notes: [],
};

export const report = { citations: found.citations, memories: found.memories, tokens: 12, notes: [] };

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
