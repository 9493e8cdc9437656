# bmrepmon in a container, on the server that it watches. It runs as no one in particular: give it the user that may
# read Cyrus's files, and the files read-only. The host's network lets it see bm-core's connections, and PostgreSQL.
#
#   docker build -t bmrepmon .
#   install -d -o cyrus -g mail /var/lib/bmrepmon
#   docker run -d --name bmrepmon --network host --read-only --tmpfs /tmp --cap-drop ALL --restart on-failure \
#     --user "$(id -u cyrus):$(id -g cyrus)" \
#     -v /var/spool/cyrus:/var/spool/cyrus:ro -v /var/spool/bm-hsm:/var/spool/bm-hsm:ro \
#     -v /var/lib/cyrus/sync:/var/lib/cyrus/sync:ro -v /var/log/bm:/var/log/bm:ro \
#     -v /etc/bmrepmon:/etc/bmrepmon:ro -v /var/lib/bmrepmon:/var/lib/bmrepmon bmrepmon
#
# Leave a mount away and that source is not observed. The database comes from /etc/bmrepmon/bmrepmon.toml. What the
# daemon finds and may not read: docker exec bmrepmon bmrepmon doctor
# Without --network host, add at the end: run --listen 0.0.0.0:10057

FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /source
COPY requirements/requirements.txt requirements/requirements-build.txt requirements/
RUN python3 -m venv /opt/build \
 && python3 -m venv /opt/bmrepmon \
 && /opt/build/bin/pip install --only-binary=:all: --require-hashes -r requirements/requirements-build.txt \
 && /opt/bmrepmon/bin/pip install --only-binary=:all: --require-hashes -r requirements/requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bmrepmon bmrepmon
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
 && /opt/bmrepmon/bin/pip install --no-deps --no-index wheels/*.whl \
 && /opt/bmrepmon/bin/pip uninstall --yes pip setuptools

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="bmrepmon" \
      org.opencontainers.image.description="Replication monitor for BlueMind 4" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --no-create-home --home-dir /var/lib/bmrepmon --shell /usr/sbin/nologin bmrepmon \
 && install -d -o bmrepmon -g bmrepmon -m 0750 /var/lib/bmrepmon
COPY --from=build /opt/bmrepmon /opt/bmrepmon
ENV PATH=/opt/bmrepmon/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER bmrepmon
VOLUME /var/lib/bmrepmon
EXPOSE 10057
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:10057/-/healthy', timeout=5)"]
ENTRYPOINT ["bmrepmon"]
CMD ["run"]
