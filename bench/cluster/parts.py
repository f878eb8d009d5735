"""What the schedules run on: PostgreSQL, three nodes, the vendor, a webhook receiver and readers. All on 127.0.0.1."""
import base64
import http.client
import json
import os
import pwd
import glob
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "../../server/target")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def send(port, method, path, body=None, key=None, timeout=40):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = json.dumps(body) if body is not None else None
        if data:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text[:1] in (b"{", b"[") else {}
    finally:
        connection.close()


def until(what, condition, seconds=120):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if condition():
                return True
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    print(f"  not within {seconds} s: {what}", file=sys.stderr)
    return False


class Postgres:
    def __init__(self, folder):
        found = [os.environ.get("PG_BIN", "")] + sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
        self.bin = next((path for path in found if path and os.path.exists(path + "/initdb")), None)
        if not self.bin:
            sys.exit("bench/engine needs PostgreSQL 15 or newer: apt-get install postgresql, or set PG_BIN to its programs' folder.")
        self.folder, self.port = folder, free_port()
        os.makedirs(folder)
        # PostgreSQL refuses to run as root.
        self.account = pwd.getpwnam("nobody") if os.getuid() == 0 else None
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        self.call("initdb", "-D", folder + "/data", "-U", "latchkey", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        with open(folder + "/data/postgresql.conf", "a") as conf:
            conf.write(f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\nmax_connections=200\n")
        self.start()

    def call(self, program, *arguments):
        who = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if self.account else {}
        return subprocess.run([f"{self.bin}/{program}", *arguments], check=True, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd="/", **who)

    def start(self):
        self.call("pg_ctl", "-D", self.folder + "/data", "-l", self.folder + "/log", "-w", "start")

    def restart(self):
        self.call("pg_ctl", "-D", self.folder + "/data", "-l", self.folder + "/log", "-w", "-m", "fast", "restart")

    def stop(self):
        self.call("pg_ctl", "-D", self.folder + "/data", "-w", "-m", "immediate", "stop")

    def kill(self):
        """As a machine that loses its power; its children end by themselves."""
        os.kill(self.pid(), signal.SIGKILL)
        until("the children are gone", lambda: not self.listens(), 30)
        time.sleep(1)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def pid(self):
        with open(self.folder + "/data/postmaster.pid") as file:
            return int(file.readline())

    def processes(self):
        root, found = self.pid(), []
        for stat in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(stat) as file:
                    text = file.read()
            except OSError:
                continue
            if int(text.rsplit(")", 1)[1].split()[1]) == root:
                found.append(int(text.split()[0]))
        return [root] + found

    def signal_all(self, which):
        for pid in self.processes():
            try:
                os.kill(pid, which)
            except ProcessLookupError:
                pass

    def psql(self, *statements):
        arguments = [part for statement in statements for part in ("-c", statement)]
        return subprocess.Popen(
            [f"{self.bin}/psql", "-qXAt", "-h", "127.0.0.1", "-p", str(self.port), "-U", "latchkey", "postgres", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PGOPTIONS": "-c default_transaction_read_only=off"})

    def sql(self, *statements):
        return self.psql(*statements).communicate()[0].strip()


class Node:
    def __init__(self, cluster, number):
        self.cluster, self.number, self.port = cluster, number, free_port()
        self.data = f"{cluster.folder}/node{number}"
        self.process = None

    def start(self, wait=True):
        cluster = self.cluster
        os.makedirs(self.data, exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
        environment.update({
            "LATCHKEY_PORT": str(self.port), "LATCHKEY_DATA_DIR": self.data, "LATCHKEY_SECRET_KEY": cluster.key,
            "LATCHKEY_ENCRYPTION_KEY": cluster.master, "LATCHKEY_PROVIDERS_DIR": cluster.folder + "/providers",
            "LATCHKEY_DATABASE_URL": f"postgresql://latchkey:x@127.0.0.1:{cluster.postgres.port}/postgres",
            "LATCHKEY_RATE_LIMIT": "off", "LATCHKEY_FLOW_RATE_LIMIT": "off",
            "LATCHKEY_EGRESS_ALLOW": f"127.0.0.1:{cluster.vendor_port},127.0.0.1:{cluster.receiver.port}"})
        with open(f"{cluster.folder}/node{self.number}.log", "a") as log:
            self.process = subprocess.Popen(
                [cluster.java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx384m", "--enable-native-access=ALL-UNNAMED",
                 "--sun-misc-unsafe-memory-access=allow", "-jar", cluster.jar], stdout=log, stderr=log, env=environment)
        return self.await_ready() if wait else True

    def serves(self):
        return send(self.port, "GET", "/integrations", key=self.cluster.key, timeout=5)[0] == 200

    def await_ready(self):
        return until(f"node {self.number} serves", self.serves)

    def signal(self, which):
        self.process.send_signal(which)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds=40):
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"  node {self.number} did not stop within {seconds} s", file=sys.stderr)
            self.kill()
            return -9


class Receiver:
    """Counts the webhooks by their id. It can be away: then it answers 503."""

    def __init__(self):
        self.port, self.lock, self.away = free_port(), threading.Lock(), False
        self.clear()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if not receiver.away:
                    receiver.got(self.headers["webhook-id"], self.headers["X-Latchkey-Event"], body)
                self.send_response(503 if receiver.away else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request, client_address):
                pass

        server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def clear(self):
        self.events, self.duplicates, self.ids = {}, 0, set()

    def got(self, number, event, body):
        with self.lock:
            if number in self.ids:
                self.duplicates += 1
                return
            self.ids.add(number)
            of = self.events.setdefault(event, {})
            name = body.get("connectionId") or ""
            of[name] = of.get(name, 0) + 1

    def renewed(self):
        """What is reported of renewals: a connection whose refresh had failed has recovered."""
        refreshed = self.counts("connection.refreshed")
        for name, count in self.counts("connection.recovered").items():
            refreshed[name] = refreshed.get(name, 0) + count
        return refreshed

    def counts(self, event):
        with self.lock:
            return dict(self.events.get(event, {}))


class Readers:
    """Read connections at random nodes, as a balancer would send them; what fails is sent once more, to another node."""

    def __init__(self, cluster, names, threads=6):
        self.cluster, self.names, self.stopped = cluster, names, threading.Event()
        self.reads, self.expired, self.worst, self.statuses, self.lock = 0, 0, 0, {}, threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(n, threads), daemon=True) for n in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, number, step):
        turn = number
        while not self.stopped.wait(0.05):
            turn += step
            self.read(self.names[turn % len(self.names)], turn)

    def read(self, name, turn):
        status, begin = 0, time.time()
        for attempt in range(2):
            node = self.cluster.nodes[(turn + attempt) % len(self.cluster.nodes)]
            begin = time.time()
            try:
                status, body = send(node.port, "GET", f"/connections/{name}?provider_config_key=v", key=self.cluster.key)
            except (OSError, http.client.HTTPException, ValueError):
                status = 0
            if status == 200:
                break
        with self.lock:
            self.reads += 1
            if status != 200:
                self.statuses[status] = self.statuses.get(status, 0) + 1
            else:
                end = int(body["credentials"]["access_token"].rsplit(".", 1)[1]) / 1000
                # It was over already when it was asked for.
                if begin > end:
                    self.expired += 1
                    self.worst = max(self.worst, begin - end)

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)


class Cluster:
    def __init__(self, folder, java):
        self.folder, self.java = folder, java
        os.chmod(folder, 0o755)
        # A copy: a build in the meantime must not change what runs.
        shutil.copytree(TARGET + "/lib", folder + "/lib")
        jars = [jar for jar in glob.glob(TARGET + "/latchkey-server-*.jar") if not jar.endswith("-tests.jar")]
        self.jar = shutil.copy(max(jars, key=os.path.getmtime), folder)
        self.key, self.master = str(uuid.uuid4()), base64.b64encode(os.urandom(32)).decode()
        self.vendor_port, self.receiver = free_port(), Receiver()
        self.vendor = subprocess.Popen([sys.executable, HERE + "/vendor.py", str(self.vendor_port)])
        os.makedirs(folder + "/providers")
        with open(folder + "/providers/bench-strict.yaml", "w") as file:
            file.write(
                "id: bench-strict\nname: Bench Strict\ntags: [bench]\napi_docs: https://docs.example.com/\nauth:\n  kind: oauth2_code\n"
                f"  authorize: {{ url: http://127.0.0.1:{self.vendor_port}/authorize }}\n"
                f"  exchange: {{ url: http://127.0.0.1:{self.vendor_port}/token }}\n"
                f"api: {{ base: http://127.0.0.1:{self.vendor_port} }}\n")
        self.postgres = Postgres(folder + "/postgres")
        self.nodes = [Node(self, number) for number in (1, 2, 3)]
        if not all([node.start() for node in self.nodes]):
            sys.exit(f"bench/engine: the nodes do not start; see {folder}/node1.log")
        self.api("POST", "/integrations", {"provider": "bench-strict", "unique_key": "v",
                                           "credentials": {"type": "OAUTH2", "client_id": "c", "client_secret": "s"}})
        self.api("POST", "/environment/webhooks", {"url": f"http://127.0.0.1:{self.receiver.port}/hooks", "role": "primary",
                                                   "events": {"connection.refreshed": True}})

    def api(self, method, path, body=None):
        for attempt in range(6):
            try:
                status, answer = send(self.nodes[attempt % 3].port, method, path, body, self.key)
            except (OSError, http.client.HTTPException):
                status, answer = 0, {}
            if status and status < 300:
                return answer
            time.sleep(0.3)
        sys.exit(f"bench/engine: {method} {path} answered {status} {answer}")

    def control(self, **faults):
        send(self.vendor_port, "POST", "/control", faults)

    def truth(self):
        return send(self.vendor_port, "GET", "/")[1]

    def connect(self, name, lifetime):
        end = time.time() + lifetime
        self.api("POST", "/connections", {"provider_config_key": "v", "connection_id": name, "credentials": {
            "type": "OAUTH2", "access_token": f"at.{name}.0.{int(end * 1000)}", "refresh_token": f"rt.{name}.0",
            "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))}})

    def disconnect(self, name):
        try:
            send(self.nodes[0].port, "DELETE", f"/connections/{name}?provider_config_key=v", key=self.key)
        except OSError:
            pass

    def stored(self, name):
        answer = send(self.nodes[0].port, "GET", f"/connections/{name}?provider_config_key=v&refresh_token=true", key=self.key)[1]
        credentials = answer.get("credentials", {})
        return credentials.get("access_token", "at..0.0"), credentials.get("refresh_token", "")

    def close(self):
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
                node.kill()
        self.vendor.kill()
        try:
            self.postgres.signal_all(signal.SIGCONT)
            self.postgres.stop()
        except (OSError, subprocess.CalledProcessError):
            pass
