# One of several processes that train together, on the engine torch. Built from the repository's root:
#   docker build -f deploy/images/parallel-training.Dockerfile -t maxmargin/parallel-training .
# deploy/kubernetes/parallel-training.yaml runs it. Another PyTorch: --build-arg TORCH=pip=2.9.1, or any other source that npm run engine:torch takes.

FROM node:20.20-bookworm AS build
WORKDIR /app
# pip downloads the wheels with libtorch, CUDA and NCCL; nothing of Python goes into the image that runs.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3-pip \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
# Without install scripts, since the root's own (prepare) needs the source.
RUN npm ci --ignore-scripts --omit=optional --no-audit --no-fund
COPY . .
RUN npm run build
ARG TORCH=pip
RUN npm run engine:torch -- --from "$TORCH"
RUN npm prune --ignore-scripts --omit=dev --omit=optional --no-audit --no-fund

# CUDA comes with the engine, its driver from the host: the NVIDIA container toolkit puts it into containers that ask for it by these variables.
FROM node:20.20-bookworm-slim
ENV NODE_ENV=production NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /app
COPY --from=build /app/engines ./engines
COPY --from=build /app/package.json ./
COPY --from=build /app/proto ./proto
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN mkdir /registry /checkpoints /data && chown node:node /registry /checkpoints /data
USER node
VOLUME ["/registry", "/checkpoints", "/data"]
ENTRYPOINT ["node", "dist/clients/cli/main.js", "train", "--engine", "torch", "--registry", "/registry", "--checkpoints", "/checkpoints", "--data", "/data"]
