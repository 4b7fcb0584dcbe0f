# One image for the server, the Celery workers and the poller; the command says which. The first stage installs, from
# wheels alone, and http-ece, which comes as source; the second has what was installed and nothing that could build more.
FROM python:3.12-slim AS made

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /srv/reunite
ENV PATH=/srv/reunite/bin:$PATH

WORKDIR /srv/build
COPY constraints ./constraints
RUN pip install -q --only-binary :all: --require-hashes -r constraints/build.txt \
    && pip install -q --only-binary :all: --no-binary http-ece --no-build-isolation --require-hashes \
    -r constraints/run.txt

COPY pyproject.toml README.md LICENSE NOTICE ./
COPY matching ./matching
COPY reunite ./reunite
COPY workers ./workers
COPY api ./api
# Compiled beside the installed package (not the copy here), so that containers only copy it.
RUN pip install -q --no-index --no-deps --no-build-isolation . && cd / && python -m matching.compiled \
    && pip uninstall -q -y pip setuptools


FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/srv/reunite/bin:$PATH
RUN useradd --system --uid 10001 --no-create-home reunite \
    && install -d -m 700 -o reunite -g reunite /data
COPY --from=made /srv/reunite /srv/reunite

USER reunite
WORKDIR /data
ENV REUNITE_DATA_DIR=/data REUNITE_HOST=0.0.0.0 REUNITE_PORT=8000
VOLUME /data
EXPOSE 8000
CMD ["reunite", "serve"]
