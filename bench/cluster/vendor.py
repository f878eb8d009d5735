"""A strict OAuth token endpoint, as a process of its own: it rotates refresh tokens, and revokes the family when a used one comes back.

A refresh token reads rt.FAMILY.N, an access token at.FAMILY.N.END (END in milliseconds since 1970), so that a reader can check
it. A used token whose successor was never delivered (the client was gone, or a fault of /control cut it) is good once more, as
at vendors with a grace period; with "strict" it is not.
"""
import json
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

lock = threading.Lock()
families = {}
counts = {}
faults = {"delay": 0.05, "drop": 0, "half": 0, "html": 0, "limited": 0, "down": 0, "lifetime": 40, "strict": 0}


class Family:
    def __init__(self):
        self.newest = 0
        self.delivered = {0}  # of which numbers the client got the response
        self.at = {}
        self.running = 0
        self.revoked = None


def count(what):
    counts[what] = counts.get(what, 0) + 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body, kind="application/json", half=False):
        data = body.encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        if half:
            data = data[: len(data) // 2]
            self.close_connection = True
        self.wfile.write(head + data)
        self.wfile.flush()

    def do_GET(self):
        with lock:
            state = {
                "counts": dict(counts),
                "families": {
                    name: {"newest": f.newest, "delivered": len(f.delivered) - 1, "revoked": f.revoked, "running": f.running}
                    for name, f in families.items()
                },
            }
        self.reply(200, json.dumps(state))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/control":
            with lock:
                faults.update(json.loads(body))
                if "reset" in faults:
                    del faults["reset"]
                    families.clear()
                    counts.clear()
            return self.reply(200, "{}")
        if self.path != "/token":
            return self.reply(404, "{}")
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.token(form.get("refresh_token", ""))

    def token(self, token):
        with lock:
            count("asked")
            dice = random.random()
            if faults["down"]:
                count("refused")
                return self.reply(503, '{"error":"temporarily_unavailable"}')
            if dice < faults["html"]:
                return self.reply(200, "<html>maintenance</html>", "text/html")
            if dice < faults["limited"]:
                return self.reply(429, '{"error":"slow_down"}')
            _, name, number = (token + "..").split(".")[:3]
            family = families.setdefault(name, Family())
            number = int(number or -1)
            if family.running:
                count("concurrent")
            grace = (
                not faults["strict"]
                and number == family.newest - 1
                and family.newest not in family.delivered
                and family.running == 0
            )
            if family.revoked or (number != family.newest and not grace):
                if not family.revoked:
                    count("revoked")
                    got = family.at.get(number + 1)
                    ago = f", delivered {time.time() - got:.1f} s ago" if got and number + 1 in family.delivered else ""
                    family.revoked = f"{number} used again{ago}" if number + 1 in family.delivered else "undelivered"
                return self.reply(400, '{"error":"invalid_grant","error_description":"reuse of a refresh token"}')
            if grace:
                count("again")
            family.newest += 1
            mine = family.newest
            family.running += 1
            count("rotated")
            delay, drop, half, lifetime = faults["delay"], faults["drop"], faults["half"], faults["lifetime"]
        time.sleep(delay)
        end = int((time.time() + lifetime) * 1000)
        body = json.dumps({
            "access_token": f"at.{name}.{mine}.{end}",
            "refresh_token": f"rt.{name}.{mine}",
            "token_type": "bearer",
            "expires_in": lifetime,
        })
        delivered = False
        try:
            if dice < drop:
                self.close_connection = True
            elif dice < half:
                self.reply(200, body, half=True)
            elif self.gone():
                self.close_connection = True
            else:
                self.reply(200, body)
                delivered = True
        except OSError:
            self.close_connection = True
        with lock:
            family.running -= 1
            if delivered:
                family.delivered.add(mine)
                family.at[mine] = time.time()
            else:
                count("undelivered")

    def gone(self):
        """Whether the client has closed its end: a write would still succeed."""
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, 2) == b""  # MSG_PEEK
        except BlockingIOError:
            return False
        finally:
            self.connection.setblocking(True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
