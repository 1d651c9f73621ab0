# syntax=docker/dockerfile:1
# Builds and runs on any linux/amd64 or arm64 host. The result runs as an unprivileged user, and with a read-only root
# file system: `docker run --read-only --tmpfs /tmp IMAGE run --manifests /manifests`.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json build.js ./
COPY src ./src
COPY adapters ./adapters
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /postern
COPY package.json LICENSE ./
COPY crds ./crds
COPY examples ./examples
COPY --from=build /build/dist ./dist
USER 65532:65532
ENTRYPOINT ["node", "/postern/dist/postern.js"]
CMD ["--help"]
