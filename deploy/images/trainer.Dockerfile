# The trainer, with CUDA for TensorFlow. Built from the repository's root:
#   docker build -f deploy/images/trainer.Dockerfile -t maxmargin/trainer .
# Without a GPU it runs on TensorFlow's CPU kernels.

FROM node:20.20-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
# First without install scripts, since the root's own (prepare) needs the source; then tfjs-node-gpu's,
# which downloads libtensorflow 2.9.1 for CUDA 11 and so needs a network that reaches it.
RUN npm ci --ignore-scripts --no-audit --no-fund \
  && npm rebuild @tensorflow/tfjs-node-gpu --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --ignore-scripts --omit=dev --no-audit --no-fund

# CUDA 11 and cuDNN 8 are what libtensorflow 2.9.1 links against; any 11.x has its sonames.
FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04
COPY --from=build /usr/local/bin/node /usr/local/bin/node
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/proto ./proto
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN useradd --uid 1000 --create-home node \
  && mkdir /registry /jobs /data \
  && chown node:node /registry /jobs /data
USER node
VOLUME ["/registry", "/jobs", "/data"]
EXPOSE 50052 8082
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8082/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/trainer/main.js"]
CMD ["--registry", "/registry", "--jobs", "/jobs", "--data", "/data", "--address", "0.0.0.0:50052", "--http-address", "0.0.0.0:8082"]
