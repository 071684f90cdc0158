"""A site on this machine, with all that the web does to those who fetch from it."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BOMB_BYTES = 200_000_000


@dataclass
class Page:
    """What a path answers with."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None


@dataclass
class Site:
    """Its pages, by path; what was asked for."""

    pages: dict[str, Page | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, path: str, text: str, **headers: str) -> None:
        """A page of HTML."""
        html = f"<html><head><title>{path}</title></head><body><p>{text}</p></body></html>"
        kept = {"Content-Type": "text/html; charset=utf-8"} | headers
        self.pages[path] = Page(html.encode(), headers=kept, etag=f'"{hash(html)}"')

    def redirect(self, path: str, to: str) -> None:
        self.pages[path] = Page(status=302, headers={"Location": to})

    def xml(self, path: str, text: str) -> None:
        self.pages[path] = Page(text.encode(), headers={"Content-Type": "application/xml"})

    def sitemap(self, path: str, pages: list[str]) -> None:
        urls = "".join(
            f"<url><loc>{self.url}{page}</loc><lastmod>2024-05-06</lastmod></url>" for page in pages
        )
        namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
        self.xml(path, f'<urlset xmlns="{namespace}">{urls}</urlset>')


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A page that never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    while True:
        handler.wfile.write(b"<p>more</p>" * 1_000)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A page that comes a character at a time."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    while True:
        handler.wfile.write(b".")
        time.sleep(0.05)


def bomb() -> Page:
    """A few hundred kilobytes that become 200 MB."""
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    return Page(gzip.compress(b"\0" * BOMB_BYTES, 9), headers=headers)


@contextmanager
def serving() -> Iterator[Site]:
    """A site until the block ends."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.agents.add(self.headers.get("User-Agent", ""))
            page = site.pages.get(self.path, Page(b"gone", 404))
            try:
                if not isinstance(page, Page):
                    page(self)
                elif page.etag and self.headers.get("If-None-Match") == page.etag:
                    self.send_response(304)
                    self.end_headers()
                else:
                    self.send_response(page.status)
                    tags = {"ETag": page.etag} if page.etag else {}
                    for name, value in (page.headers | tags).items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(page.content)
            except OSError:
                # Whoever asked has hung up.
                return

        do_POST = do_GET  # noqa: N815 - as above

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    # `shutdown` waits until the server polls next, by default every half second.
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
