# The trainer, with TensorFlow for CUDA 12. Built from the repository's root:
#   docker build -f deploy/images/trainer.Dockerfile -t maxmargin/trainer .
# Another TensorFlow: --build-arg TENSORFLOW=pip=2.16.2. Without CUDA, some gigabytes smaller: --build-arg TENSORFLOW_PACKAGE=tensorflow-cpu.
# With a GPU: docker run --gpus all -e MAXMARGIN_ENGINE=tensorflow … maxmargin/trainer. Without that, jobs run on the CPU, on the engine inside npm's packages.

FROM node:20.20-bookworm AS build
WORKDIR /app
# pip downloads the wheels with libtensorflow and CUDA; nothing of Python goes into the image that runs.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3-pip \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
# Without install scripts, since the root's own (prepare) needs the source, and without tfjs-node-gpu's libtensorflow 2.9.1 for CUDA 11.
RUN npm ci --ignore-scripts --omit=optional --no-audit --no-fund
COPY . .
RUN npm run build
ARG TENSORFLOW=pip=2.21.0
ARG TENSORFLOW_PACKAGE=tensorflow
RUN npm run engine:tensorflow -- --from "$TENSORFLOW" --package "$TENSORFLOW_PACKAGE"
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
RUN mkdir /registry /jobs /data && chown node:node /registry /jobs /data
USER node
VOLUME ["/registry", "/jobs", "/data"]
EXPOSE 50052 8082
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8082/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/trainer/main.js"]
CMD ["--registry", "/registry", "--jobs", "/jobs", "--data", "/data", "--address", "0.0.0.0:50052", "--http-address", "0.0.0.0:8082"]
