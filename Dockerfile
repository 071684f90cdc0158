# Quoth in a container: no key, no network once it is built.
FROM python:3.12-slim

# The index and the documents live on a volume; the program can't change itself.
RUN useradd --create-home --uid 10001 quoth \
  && install --directory --owner quoth /home/quoth/library /home/quoth/storage
WORKDIR /opt/quoth

# The CPU build of torch first, or pip would fetch the CUDA build, which is ten times as large.
RUN pip install --no-cache-dir "torch>=2.6,<3" --index-url https://download.pytorch.org/whl/cpu

COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY answering answering
COPY bot bot
COPY index index
COPY quoth quoth
COPY reader reader
COPY prompts prompts
COPY training/data/dev.jsonl training/data/dev.jsonl
RUN pip install --no-cache-dir --constraint constraints.txt '.[discord,mcp,postgres,web]'

COPY --chown=quoth seeds /home/quoth/library/seeds
USER quoth
WORKDIR /home/quoth/library
# Settings may stand in a file .env on the volume.
ENV QUOTH_SEEDS=/home/quoth/library/seeds QUOTH_DATA=/home/quoth/library/data
RUN quoth index
VOLUME /home/quoth/library

# quoth run serves /readyz there, to this container alone unless QUOTH_HTTP_HOST says otherwise.
ENV QUOTH_HTTP_PORT=9464
ENTRYPOINT ["quoth"]
CMD ["--help"]
