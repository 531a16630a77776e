"""Serves the blog's page. It is all files: whatever serves files can do this.

usage: serve.py HOST:PORT URL       where to listen (port 0 picks a free one), and where Bailiwick answers
"""

import functools
import http.server
import json
import pathlib
import sys

WEB = pathlib.Path(__file__).resolve().parent / "web"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, under a policy that lets nothing run but them, and talk to nobody but the database."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}
    url = ""

    def do_GET(self):
        if self.path.split("?")[0] != "/server.json":
            super().do_GET()
            return
        body = json.dumps({"url": self.url}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self):
        self.send_header("Content-Security-Policy",
                         f"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
                         f"connect-src 'self' {self.url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path):
        self.send_error(404)

    def log_message(self, *_):
        pass


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    Handler.url = sys.argv[2]
    handler = functools.partial(Handler, directory=str(WEB))
    with http.server.ThreadingHTTPServer((host, int(port)), handler) as server:
        print(f"http://{host}:{server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
