# The image of one service: `--build-arg SERVICE=router|controller|knowledge|speech`. Node runs the TypeScript as it is: no build step.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
ARG SERVICE
ARG NPM_REGISTRY
WORKDIR /app
# Every manifest, because the lockfile describes the whole workspace; only one service's production packages are installed.
COPY package.json package-lock.json .npmrc ./
COPY packages/contract/package.json packages/contract/
COPY packages/kernel/package.json packages/kernel/
COPY packages/jobs/package.json packages/jobs/
COPY packages/fakes/package.json packages/fakes/
COPY services/router/package.json services/router/
COPY services/controller/package.json services/controller/
COPY services/knowledge/package.json services/knowledge/
COPY services/speech/package.json services/speech/
COPY test/package.json test/
RUN npm ci --omit=dev --ignore-scripts --workspace services/${SERVICE} ${NPM_REGISTRY:+--registry=${NPM_REGISTRY}}
# What never runs: types and sources, maps, command-line tools, SQLite's source and its binaries for other machines.
RUN cd node_modules \
 && find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.[cm]ts' -o -name '*.md' ! -iname 'licen[cs]e*' \) -delete \
 && rm -rf wabt/bin web-tree-sitter/debug better-sqlite3/deps better-sqlite3/src \
 && find . -path './better-sqlite3/prebuilds/*' ! -name "linux-$(node -p process.arch).node" -delete

FROM ${NODE_IMAGE}
ARG SERVICE
# Debian packages that the service's programs are in.
ARG PACKAGES=
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    test -z "${PACKAGES}" || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends ${PACKAGES}; }
# A small young generation and few allocator arenas: some 15 MB less resident memory under load.
ENV NODE_ENV=production NODE_OPTIONS="--max-old-space-size=256 --max-semi-space-size=4" MALLOC_ARENA_MAX=2
WORKDIR /app
# A named volume takes its owner from here.
RUN mkdir -p /var/lib/benchai && chown 1000:1000 /var/lib/benchai
COPY --from=dependencies /app ./
COPY packages/contract packages/contract
COPY packages/kernel packages/kernel
COPY packages/jobs packages/jobs
COPY services/${SERVICE} services/${SERVICE}
RUN ln -s "services/${SERVICE}/src/main.ts" main.ts
# Node strips and compiles the TypeScript here, once: less memory and half the start-up time at run time. All programs
# end at once, as the settings are refused, nothing listens on port 1, a command is missing and threads and children have no parent,
# and write their cache as they end. A cache belongs to a user and to a path, and only ours is ever read: at run time
# the file system is read-only.
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN mkdir .compile-cache && chown 1000:1000 .compile-cache
USER 1000:1000
RUN PORT=refused timeout 60 node main.ts >/dev/null 2>&1; \
    node packages/kernel/src/probe.ts http://127.0.0.1:1/ >/dev/null 2>&1; \
    find "services/${SERVICE}/src" \( -name cli.ts -o -name '*-thread.ts' -o -name '*-child.ts' \) -exec timeout 60 node {} \; >/dev/null 2>&1; \
    test -n "$(find .compile-cache -type f | head -1)"
CMD ["node", "main.ts"]
