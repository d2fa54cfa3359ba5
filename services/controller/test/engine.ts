import Docker from "dockerode";

import { FakeDocker } from "@benchai/fakes/fake-docker";

/** A fake engine that listens, and closes with the test. */
export async function fakeEngine() {
  const fake = new FakeDocker();
  fake.containers.images.add("llama:1");
  fake.containers.networks.add("workers");
  const { port } = await fake.listen();
  return {
    fake,
    /** A client with a name of its own. */
    client: (name = "") => new Docker({ host: "127.0.0.1", port, headers: { "x-fake-client": name } }),
    [Symbol.asyncDispose]: () => fake.close(),
  };
}
