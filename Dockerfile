# The servers of a site in a container: docker build -t livedist .
# What it serves is the application's folder, mounted or copied to /app: web.config and its module (docs/upgrading.md).
FROM node:20-slim AS build
WORKDIR /build
# better-sqlite3 is compiled where no binary fits.
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts && npm rebuild better-sqlite3
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-slim
ENV NODE_ENV=production LiveDistHost=0.0.0.0 LiveDistPort=8080
WORKDIR /usr/local/lib/node_modules/livedist
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/sql sql
COPY --from=build /build/schema schema
COPY --from=build /build/grammar grammar
# The application imports livedist from its own folder.
RUN ln -s ../lib/node_modules/livedist/dist/cli/livedist.js /usr/local/bin/livedist \
  && chmod +x dist/cli/livedist.js \
  && mkdir -p /app/node_modules /data \
  && ln -s /usr/local/lib/node_modules/livedist /app/node_modules/livedist \
  && chown -R node:node /data
USER node
WORKDIR /app
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.LiveDistPort + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node as the first process: signals reach it, and it has no children to wait for.
ENTRYPOINT ["livedist"]
CMD ["start", "--config", "web.config"]
