# syntax=docker/dockerfile:1
# Nothing but Node.js and one folder: no shell, no package manager, an unprivileged user, and nothing is written, so that
# the root file system may be read-only. `docker run --read-only IMAGE --help`
# What is built follows from package-lock.json and from these two images. A release gives both by digest (.ci/base-images).
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY tools/build ./tools/build
COPY src ./src
COPY web ./web
COPY adapters ./adapters
COPY kit ./kit
RUN node tools/build/build.js

FROM ${RUNTIME_IMAGE}
ENV NODE_ENV=production PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /postern
COPY package.json LICENSE NOTICE ./
COPY crds ./crds
COPY docs ./docs
COPY examples ./examples
COPY --from=build /build/dist ./dist
# Compiled by the Node that starts it, with the flags of the start: docs/decisions/0028-compiled-at-the-build.md
USER 0:0
RUN ["node", "--max-semi-space-size=4", "--initial-old-space-size=96", "dist/compile.cjs"]
RUN ["node", "--max-semi-space-size=4", "--initial-old-space-size=96", "dist/lambda/compile.cjs"]
USER 65532:65532
# Up to 4 MiB for new objects: what was read from the network is given back when they are collected. docs/performance.md
ENTRYPOINT ["node", "--max-semi-space-size=4", "--initial-old-space-size=96", "/postern/dist/postern.js"]
CMD ["--help"]
