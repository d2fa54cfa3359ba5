# A worker image with fault switches: it takes llama-server's arguments and `--fake-*` besides.
ARG NODE_IMAGE
ARG LLAMA_IMAGE
FROM ${NODE_IMAGE} AS node
FROM ${LLAMA_IMAGE}
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY packages/fakes /app/fakes
ENTRYPOINT ["node", "/app/fakes/src/fake-llama-main.ts"]
