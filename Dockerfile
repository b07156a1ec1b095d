# Rollcall, small and without root. Everything in one process:
#   docker build -t rollcall .
#   docker run -v rollcall:/data -p 127.0.0.1:8099:8099 -e ROLLCALL_HTTP_OPEN=true -e ROLLCALL_PBX="pbx-a=ami://USER:SECRET@HOST:5038" rollcall
# That port is of this machine's loopback alone, so nobody else reaches what is open. With logins (docs/access.md), instead of ROLLCALL_HTTP_OPEN:
#   docker run --rm -it -v rollcall:/data rollcall user add alice
# One service of its own: docker run … rollcall ingest --log kafka://…   (see docker-compose.yml)
FROM node:26.10.0-bookworm-slim AS packages
WORKDIR /rollcall
COPY package.json package-lock.json .npmrc ./
COPY libs libs
COPY services services
COPY test/package.json test/package.json
# The image has its Node already, and builds nothing.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund \
 && find libs services \( -name '*.test.ts' -o -name testing \) -prune -exec rm -rf {} +

FROM node:26.10.0-bookworm-slim
COPY --from=packages /rollcall /rollcall
RUN ln -s /rollcall/services/cli/bin/rollcall.js /usr/local/bin/rollcall \
 && install -d -o node -g node -m 700 /data
USER node
WORKDIR /data
VOLUME /data
ENV ROLLCALL_DATA=/data ROLLCALL_HTTP=0.0.0.0:8099
EXPOSE 8099
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8099/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["rollcall"]
CMD ["start"]
