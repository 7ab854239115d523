# The margin server: classifies and measures margins. Built from the repository's root:
#   docker build -f deploy/images/server.Dockerfile -t maxmargin/server .

FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without install scripts and without what is optional: the server's engine, ONNX Runtime, is inside its npm package.
RUN npm ci --ignore-scripts --omit=optional --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --ignore-scripts --omit=dev --omit=optional --no-audit --no-fund

FROM node:20.20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/proto ./proto
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The registry is a volume that both write: the trainer publishes in it, and RegistryService imports and deletes versions and moves aliases.
RUN mkdir /registry && chown node:node /registry
USER node
VOLUME ["/registry"]
EXPOSE 50051 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/server/main.js"]
CMD ["--registry", "/registry", "--address", "0.0.0.0:50051", "--http-address", "0.0.0.0:8081"]
