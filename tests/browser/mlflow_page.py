"""MLflow's own page, as its package carries it, in front of a Treadle server: static files from the package, everything
else handed on. Notes what was asked and how it was answered."""

import http.client
import http.server
import mimetypes
import pathlib
import threading
import urllib.parse

from treadle_server import ROOT

BUILD = next(iter(ROOT.glob(".deps/env/mlflow/lib/python3*/site-packages/mlflow/server/js/build")), None)


class MlflowPage:
    def __init__(self, server):
        self.asked = []  # (method, path with query, status)
        page, target = self, urllib.parse.urlsplit(server.url)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, body, headers):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def static(self, name):
                path = (BUILD / name).resolve()
                if BUILD.resolve() not in path.parents or not path.is_file():
                    return self.reply(404, b"", [])
                return self.reply(200, path.read_bytes(), [("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")])

            def handle_any(self):
                path = urllib.parse.urlsplit(self.path).path
                if self.command == "GET" and path == "/":
                    return self.static("index.html")
                if path.startswith("/static-files/"):
                    return self.static(path.removeprefix("/static-files/"))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                passed = {name: value for name, value in self.headers.items() if name.lower() in ("content-type", "accept", "range")}
                connection = http.client.HTTPConnection(target.hostname, target.port, timeout=20)
                connection.request(self.command, self.path, body=body or None, headers=passed)
                answer = connection.getresponse()
                content = answer.read()
                page.asked.append((self.command, self.path, answer.status))
                kept = [(name, value) for name, value in answer.getheaders() if name.lower() in ("content-type", "content-disposition")]
                connection.close()
                return self.reply(answer.status, content, kept)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def failed(self):
        return sorted({f"{method} {path.split('?')[0]} {status}" for method, path, status in self.asked if status >= 400})

    def stop(self):
        self._http.shutdown()
        self._http.server_close()
