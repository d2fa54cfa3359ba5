import { mkdirSync } from "node:fs";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { ownerHeader } from "@benchai/contract/enrichment";
import { type JobKind, JobView } from "@benchai/contract/jobs";
import { InProcessDispatcher } from "@benchai/fakes/in-process-dispatcher";
import type { JobHandler, JobStore } from "@benchai/jobs/job";
import { jobRoutes } from "@benchai/jobs/job-routes";
import { Jobs } from "@benchai/jobs/jobs";
import { createApp } from "@benchai/kernel/app";
import { createLogger } from "@benchai/kernel/log";

import { ingestRig } from "../../test/ingest-rig.ts";
import * as collections from "../edge/store/collections.ts";
import * as documents from "../edge/store/documents.ts";
import * as files from "../edge/store/files.ts";
import * as jobStore from "../edge/store/jobs.ts";
import type { Db } from "../edge/store/open.ts";
import * as sources from "../edge/store/sources.ts";
import { indexJob } from "../index-job.ts";
import { Library } from "../library.ts";
import { formatOf } from "../parsers/formats.ts";
import { collectionRoutes } from "./collections.ts";
import { documentRoutes } from "./documents.ts";
import { fileRoutes } from "./files.ts";
import { acceptUploads } from "./upload.ts";

const maxFileBytes = 100_000;
const idle: JobHandler<JobKind> = async () => undefined;

/** Store functions as the threads offer them: with one argument, and promised. */
function calls<A, R>(db: Db, run: (db: Db, argument: A) => R): (argument: A) => Promise<R> {
  return async (argument) => run(db, argument);
}

async function service() {
  const rig = ingestRig(maxFileBytes);
  const { db } = rig;
  const log = createLogger("test", "silent");
  const store: JobStore<JobKind> = {
    createJob: calls(db, jobStore.createJob),
    claimJob: calls(db, jobStore.claimJob),
    reportProgress: calls(db, jobStore.reportProgress),
    endJob: calls(db, jobStore.endJob),
    cancelJob: calls(db, jobStore.cancelJob),
    retryJob: calls(db, jobStore.retryJob),
    requeueInterrupted: calls(db, jobStore.requeueInterrupted),
    waitingJobs: async () => jobStore.waitingJobs(db),
  };
  const handlers = { index: indexJob(rig.ingest), embed: idle, optimize: idle, extract: idle, backup: idle };
  const jobs = new Jobs(store, new InProcessDispatcher(), handlers, log);
  const fileCalls = {
    createFile: calls(db, files.createFile),
    listFiles: calls(db, files.listFiles),
    fileById: calls(db, files.fileById),
    fileContent: calls(db, files.fileContent),
    deleteFile: calls(db, files.deleteFile),
  };
  const library = new Library({
    ...fileCalls,
    file: fileCalls.fileById,
    folderSource: calls(db, sources.folderSource),
    handedSource: calls(db, sources.handedSource),
    createJob: (job) => jobs.create(job),
    foldersChanged: async () => undefined,
    isSupported: (path, mediaType) => formatOf(path, mediaType) !== undefined,
    documentsRoot: rig.root,
  });
  const app = createApp({ log, bodyLimitBytes: 1_000_000 });
  acceptUploads(app, maxFileBytes);
  collectionRoutes(app, {
    listCollections: calls(db, collections.listCollections),
    collection: calls(db, collections.collection),
    createCollection: calls(db, collections.createCollection),
    changeCollection: calls(db, collections.changeCollection),
    deleteCollection: calls(db, collections.deleteCollection),
    listSources: calls(db, sources.listSources),
    deleteSource: calls(db, sources.deleteSource),
  });
  documentRoutes(app, {
    library,
    listDocuments: calls(db, documents.listDocuments),
    documentById: calls(db, documents.documentById),
    textOfDocument: calls(db, documents.textOfDocument),
    deleteDocument: calls(db, documents.deleteDocument),
    documentStats: calls(db, documents.documentStats),
    bodyLimitBytes: 1_000_000,
  });
  fileRoutes(app, fileCalls);
  const reads = { listJobs: calls(db, jobStore.listJobs), jobById: calls(db, jobStore.jobById) };
  jobRoutes(app, { path: "/v1/jobs", view: JobView }, { jobs, ...reads });
  await jobs.start();
  onTestFinished(async () => {
    await app.close();
    await jobs.close();
    rig[Symbol.dispose]();
  });

  type Method = "GET" | "POST" | "PATCH" | "DELETE";
  const ask = async (
    owner: string,
    method: Method,
    url: string,
    payload?: object | string,
    type?: string,
  ) => {
    const headers = { [ownerHeader]: owner, ...(type === undefined ? {} : { "content-type": type }) };
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    const isJson = String(answer.headers["content-type"]).includes("json");
    return { status: answer.statusCode, text: answer.body, body: isJson ? answer.json() : undefined };
  };
  const done = (owner: string, id: string) =>
    vi.waitFor(
      async () => {
        const { body } = await ask(owner, "GET", `/v1/jobs/${id}`);
        expect(["done", "failed"]).toContain(body.state);
        return body;
      },
      // A parser's process has to start, at a low priority.
      { timeout: 15_000 },
    );
  const upload = (
    owner: string,
    url: string,
    fields: Record<string, string>,
    name: string,
    content: string,
  ) => {
    const parts = Object.entries(fields).map(
      ([field, value]) => `--X\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
    );
    const file = `--X\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: text/plain\r\n\r\n${content}\r\n--X--\r\n`;
    return ask(owner, "POST", url, parts.join("") + file, "multipart/form-data; boundary=X");
  };
  return { app, rig, ask, done, upload };
}

describe("documents over HTTP", () => {
  it("takes a text, indexes it, shows it and deletes it to the last byte", async () => {
    const { rig, ask, done } = await service();
    const taken = await ask("local", "POST", "/v1/rag/documents", {
      path: "note.md",
      text: "# Hi\n\nkumquatsecret",
    });
    expect(taken.status).toBe(202);
    expect(await done("local", taken.body.job.id)).toMatchObject({ state: "done" });
    const { body: list } = await ask("local", "GET", "/v1/rag/documents");
    expect(list.data).toMatchObject([{ path: "note.md", collection: "default", chunks: 1 }]);
    const one = `/v1/rag/documents/${list.data[0].id}`;
    expect((await ask("local", "GET", `${one}/text`)).text).toBe("# Hi\n\nkumquatsecret");
    expect((await ask("local", "GET", "/v1/rag/stats")).body).toMatchObject({
      status: "ok",
      count: 1,
      documents: 1,
    });
    expect((await ask("local", "DELETE", one)).status).toBe(204);
    expect((await ask("local", "GET", one)).status).toBe(404);
    expect(rig.db.prepare("SELECT count(*) FROM files").pluck().get()).toBe(0);
  });

  it("replaces a document that is handed over again, and keeps no old bytes", async () => {
    const { rig, ask, done, upload } = await service();
    for (const text of ["first", "second"]) {
      const { body } = await upload("local", "/v1/rag/documents", { path: "a/b.md" }, "b.md", text);
      expect(await done("local", body.job.id)).toMatchObject({ state: "done", result: { path: "a/b.md" } });
    }
    const { body } = await ask("local", "GET", "/v1/rag/documents");
    expect(body.data).toHaveLength(1);
    expect((await ask("local", "GET", `/v1/rag/documents/${body.data[0].id}/text`)).text).toBe("second");
    expect(rig.db.prepare("SELECT count(*) FROM files").pluck().get()).toBe(1);
  });

  it("indexes a folder in the historic shape, and refuses paths that lead elsewhere", async () => {
    const { rig, ask, done } = await service();
    rig.write("notes/a.md", "alpha");
    mkdirSync(`${rig.root}/bob`);
    const { status, body } = await ask("local", "POST", "/v1/rag/index", {
      path: "/documents/notes",
      recursive: true,
    });
    expect([status, body.status]).toEqual([202, "ok"]);
    expect(await done("local", body.job.id)).toMatchObject({ state: "done", result: { added: 1 } });
    const refused = (path: string, owner = "local") =>
      ask(owner, "POST", "/v1/rag/index", { path }).then((answer) => answer.status);
    expect(await refused("../etc")).toBe(400);
    expect(await refused("/etc")).toBe(400);
    expect(await refused("notes/a\u0000b")).toBe(400);
    expect(await refused("nowhere")).toBe(404);
    expect(await refused("notes", "bob")).toBe(404);
    expect(await refused("bob/../notes", "bob")).toBe(400);
    expect(await refused("bob", "bob")).toBe(202);
  });

  it("keeps files as OpenAI's API has them, and makes documents of them", async () => {
    const { ask, done, upload } = await service();
    const { body: file } = await upload(
      "local",
      "/v1/files",
      { purpose: "assistants" },
      "a.md",
      "from a file",
    );
    expect(file).toMatchObject({ object: "file", bytes: 11, filename: "a.md", purpose: "assistants" });
    expect((await ask("local", "GET", `/v1/files/${file.id}/content`)).text).toBe("from a file");
    const { body } = await ask("local", "POST", "/v1/rag/documents", { file_id: file.id });
    expect(await done("local", body.job.id)).toMatchObject({ state: "done" });
    expect((await ask("local", "GET", "/v1/files")).body.data).toHaveLength(1);
    expect((await ask("local", "DELETE", `/v1/files/${file.id}`)).body).toEqual({
      id: file.id,
      object: "file",
      deleted: true,
    });
    expect((await ask("local", "GET", `/v1/files/${file.id}`)).status).toBe(404);
    expect((await ask("local", "GET", "/v1/rag/documents")).body.data).toHaveLength(1);
  });

  it("refuses what is too large, of no known kind, or no form", async () => {
    const { ask, upload } = await service();
    const large = await upload("local", "/v1/rag/documents", {}, "a.md", "x".repeat(maxFileBytes + 1));
    expect([large.status, large.body.error.code]).toEqual([413, "body_too_large"]);
    const odd = await upload("local", "/v1/rag/documents", {}, "a.exe", "x");
    // The form says text/plain, so the name alone does not decide.
    expect(odd.status).toBe(202);
    const bad = await ask("local", "POST", "/v1/rag/documents", { path: "a.md" });
    expect([bad.status, bad.body.error.code]).toEqual([400, "invalid_request"]);
    expect((await ask("local", "POST", "/v1/files", { purpose: "x" })).status).toBe(415);
    expect((await ask("local", "POST", "/v1/files", "--X--", "multipart/form-data; boundary=X")).status).toBe(
      400,
    );
  });

  it("has collections: made, listed, renamed, deleted", async () => {
    const { ask, done } = await service();
    expect((await ask("local", "POST", "/v1/rag/collections", { name: "work" })).status).toBe(201);
    expect((await ask("local", "POST", "/v1/rag/collections", { name: "work" })).status).toBe(409);
    const text = { path: "a.md", text: "alpha", collection: "work" };
    await done("local", (await ask("local", "POST", "/v1/rag/documents", text)).body.job.id);
    const renamed = await ask("local", "PATCH", "/v1/rag/collections/work", {
      name: "job",
      description: "d",
    });
    expect(renamed.body).toMatchObject({ name: "job", description: "d", documents: 1, unembedded: 1 });
    expect((await ask("local", "GET", "/v1/rag/sources?collection=job")).body.data).toHaveLength(1);
    expect((await ask("local", "DELETE", "/v1/rag/collections/job")).status).toBe(204);
    expect((await ask("local", "GET", "/v1/rag/documents")).body.data).toEqual([]);
    expect((await ask("local", "GET", "/v1/rag/collections/job")).status).toBe(404);
  });

  it("makes the collection that something is put into", async () => {
    const { ask, done } = await service();
    const text = { path: "a.md", text: "alpha", collection: "new" };
    await done("local", (await ask("local", "POST", "/v1/rag/documents", text)).body.job.id);
    expect((await ask("local", "GET", "/v1/rag/collections/new")).body).toMatchObject({ documents: 1 });
  });

  it("follows a job by server-sent events to its end", async () => {
    const { app, ask } = await service();
    const { body } = await ask("local", "POST", "/v1/rag/documents", { path: "a.md", text: "alpha" });
    const base = await app.listen({ host: "127.0.0.1", port: 0 });
    const text = await (await fetch(`${base}/v1/jobs/${body.job.id}/events`)).text();
    const states = [...text.matchAll(/"state":"(\w+)"/gu)].map((m) => m[1]);
    expect(states.at(-1)).toBe("done");
    expect(text).toMatch(/^event: job\ndata: \{/u);
  });

  it("A9: answers for another owner's things exactly like for what does not exist", async () => {
    const { ask, done, upload } = await service();
    const { body } = await ask("ann", "POST", "/v1/rag/documents", { path: "a.md", text: "ann's secret" });
    await done("ann", body.job.id);
    const { body: file } = await upload("ann", "/v1/files", { purpose: "assistants" }, "a.md", "secret");
    const document = (await ask("ann", "GET", "/v1/rag/documents")).body.data[0];
    const things = [
      ["GET", `/v1/rag/documents/${document.id}`],
      ["GET", `/v1/rag/documents/${document.id}/text`],
      ["DELETE", `/v1/rag/documents/${document.id}`],
      ["GET", `/v1/rag/documents?after=${document.id}`],
      ["DELETE", `/v1/rag/sources/${document.source_id}`],
      ["GET", "/v1/rag/collections/default"],
      ["DELETE", "/v1/rag/collections/default"],
      ["GET", `/v1/files/${file.id}`],
      ["GET", `/v1/files/${file.id}/content`],
      ["DELETE", `/v1/files/${file.id}`],
      ["GET", `/v1/jobs/${body.job.id}`],
      ["GET", `/v1/jobs/${body.job.id}/events`],
      ["POST", `/v1/jobs/${body.job.id}/cancel`],
      ["POST", `/v1/jobs/${body.job.id}/retry`],
    ] as const;
    for (const [method, url] of things) {
      const foreign = await ask("bob", method, url);
      expect([method, url, foreign.status]).toEqual([method, url, 404]);
      expect(foreign.text).not.toContain("secret");
    }
    expect((await ask("bob", "POST", "/v1/rag/documents", { file_id: file.id })).status).toBe(404);
    for (const list of ["rag/documents", "rag/collections", "rag/sources", "files", "jobs"])
      expect((await ask("bob", "GET", `/v1/${list}`)).body.data).toEqual([]);
    expect((await ask("ann", "GET", "/v1/rag/documents")).body.data).toHaveLength(1);
  });
});
