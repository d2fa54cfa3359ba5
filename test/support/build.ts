import { baseImages, fakeLlamaImage, root, run } from "./images.ts";

/** Builds the stack's images and the fake worker's from this checkout, under the tests' tag. */
export function buildImages(): void {
  run("docker", ["compose", "-p", "benchai-test-build", "build", "--quiet"]);
  const dockerfile = `${root}/test/containers/fake-llama.Dockerfile`;
  const bases = [`NODE_IMAGE=${baseImages.NODE_IMAGE}`, `LLAMA_IMAGE=${baseImages.LLAMA_IMAGE}`];
  const args = bases.flatMap((base) => ["--build-arg", base]);
  run("docker", ["build", "--quiet", "--tag", fakeLlamaImage, "--file", dockerfile, ...args, root]);
}
