# The program and its HTTP service in one image; what a container does says its command.
#
#   docker build -t stillwave .
#   docker build -t stillwave:cuda --build-arg EXTRAS=service,remote,otel,diffusion .
#
# No weights are inside: pull them into the volume, or mount a folder of models (docs/models.md).
# How to run it, alone or in a fleet: docs/deploy.md and compose.yaml.

ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/stillwave
# Optional parts of the program. "diffusion" brings torch, as its index has it: built for CUDA.
ARG EXTRAS=service,remote,otel
WORKDIR /src
COPY pyproject.toml constraints.txt LICENSE README.md ./
COPY pipelines pipelines
COPY service service
RUN /opt/stillwave/bin/pip install --no-cache-dir --constraint constraints.txt ".[${EXTRAS}]"

FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/stillwave --shell /usr/sbin/nologin stillwave \
    && install --directory --owner stillwave --mode 750 /var/lib/stillwave
COPY --from=build /opt/stillwave /opt/stillwave
ENV PATH=/opt/stillwave/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    STILLWAVE_DATA_DIR=/var/lib/stillwave
USER 10001
WORKDIR /var/lib/stillwave
VOLUME ["/var/lib/stillwave"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["stillwave"]
CMD ["serve", "--host", "0.0.0.0"]
