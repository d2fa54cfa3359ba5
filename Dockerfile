# The image of one service: `--build-arg SERVICE=router|controller`. Node runs the TypeScript as it is: no build step.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
ARG SERVICE
ARG NPM_REGISTRY
WORKDIR /app
# Every manifest, because the lockfile describes the whole workspace; only one service's production packages are installed.
COPY package.json package-lock.json .npmrc ./
COPY packages/contract/package.json packages/contract/
COPY packages/kernel/package.json packages/kernel/
COPY packages/fakes/package.json packages/fakes/
COPY services/router/package.json services/router/
COPY services/controller/package.json services/controller/
COPY test/package.json test/
RUN npm ci --omit=dev --ignore-scripts --workspace services/${SERVICE} ${NPM_REGISTRY:+--registry=${NPM_REGISTRY}}

FROM ${NODE_IMAGE}
ARG SERVICE
ENV NODE_ENV=production NODE_OPTIONS=--max-old-space-size=512
WORKDIR /app
# A named volume takes its owner from here.
RUN mkdir -p /var/lib/benchai && chown 1000:1000 /var/lib/benchai
COPY --from=dependencies /app ./
COPY packages/contract packages/contract
COPY packages/kernel packages/kernel
COPY services/${SERVICE} services/${SERVICE}
RUN ln -s "services/${SERVICE}/src/main.ts" main.ts
USER 1000:1000
CMD ["node", "main.ts"]
