"""bench/engine: what three nodes do while they, their database or their vendor fail. See bench/README.md."""
import argparse
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from parts import Cluster, Readers, until

SCHEDULES = {}


def schedule(name, what):
    def keep(function):
        SCHEDULES[name] = (what, function)
        return function
    return keep


@schedule("base", "nothing fails")
def base(cluster, seconds):
    time.sleep(seconds)


@schedule("kill", "kill -9 of node 2, twice, started again")
def kill(cluster, seconds):
    for _ in range(2):
        time.sleep(seconds / 3)
        cluster.nodes[1].kill()
        time.sleep(2)
        cluster.nodes[1].start()
    time.sleep(seconds / 3)


@schedule("kill-strict", "the same, a vendor without any grace")
def kill_strict(cluster, seconds):
    cluster.control(strict=1)
    kill(cluster, seconds)


@schedule("stop", "SIGSTOP of node 2")
def stop(cluster, seconds):
    cluster.nodes[1].signal(signal.SIGSTOP)
    time.sleep(seconds)
    cluster.nodes[1].signal(signal.SIGCONT)


@schedule("pg-restart", "PostgreSQL restarted, twice")
def pg_restart(cluster, seconds):
    for _ in range(2):
        time.sleep(seconds / 2)
        cluster.postgres.restart()


@schedule("pg-kill", "PostgreSQL kill -9, 10 s away")
def pg_kill(cluster, seconds):
    time.sleep(seconds / 3)
    cluster.postgres.kill()
    time.sleep(10)
    cluster.postgres.start()
    time.sleep(seconds / 3)


@schedule("pg-terminate", "pg_terminate_backend of all, six times")
def pg_terminate(cluster, seconds):
    for _ in range(6):
        time.sleep(seconds / 6)
        cluster.postgres.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL")


@schedule("pg-kill-nodes", "PostgreSQL kill -9, two nodes killed while it is away")
def pg_kill_nodes(cluster, seconds):
    time.sleep(seconds / 3)
    cluster.postgres.kill()
    time.sleep(3)
    for node in cluster.nodes[1:]:
        node.kill()
    time.sleep(5)
    cluster.postgres.start()
    for node in cluster.nodes[1:]:
        node.start()


@schedule("lock", "table connections locked (SHARE ROW EXCLUSIVE)")
def lock(cluster, seconds):
    cluster.postgres.psql("BEGIN", "LOCK TABLE connections IN SHARE ROW EXCLUSIVE MODE", f"SELECT pg_sleep({seconds})", "COMMIT").wait()


@schedule("pg-stop", "all of PostgreSQL stopped by SIGSTOP")
def pg_stop(cluster, seconds):
    cluster.postgres.signal_all(signal.SIGSTOP)
    time.sleep(seconds)
    cluster.postgres.signal_all(signal.SIGCONT)


@schedule("read-only", "database read-only")
def read_only(cluster, seconds):
    cluster.postgres.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    time.sleep(seconds)
    cluster.postgres.sql("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")


@schedule("rolling", "rolling SIGTERM, vendor takes 8 s")
def rolling(cluster, seconds):
    cluster.control(delay=8)
    time.sleep(seconds / 3)
    for node in cluster.nodes:
        node.terminate()
        node.start()
    cluster.control(delay=0.05)


@schedule("all-stopped", "all nodes stopped by SIGTERM")
def all_stopped(cluster, seconds):
    for node in cluster.nodes:
        node.process.terminate()
    for node in cluster.nodes:
        node.process.wait()
    time.sleep(seconds)
    for node in cluster.nodes:
        node.start(wait=False)
    for node in cluster.nodes:
        node.await_ready()


@schedule("vendor-down", "vendor answers 503")
def vendor_down(cluster, seconds):
    cluster.control(down=1)
    time.sleep(seconds)
    cluster.control(down=0)


@schedule("dropped", "30 % of the responses dropped after the rotation")
def dropped(cluster, seconds):
    cluster.control(drop=0.3)
    time.sleep(seconds)
    cluster.control(drop=0)


@schedule("half", "30 % of the responses cut in the middle")
def half(cluster, seconds):
    cluster.control(half=0.3)
    time.sleep(seconds)
    cluster.control(half=0)


@schedule("html", "40 % answered with HTML and 200")
def html(cluster, seconds):
    cluster.control(html=0.4)
    time.sleep(seconds)
    cluster.control(html=0)


@schedule("limited", "50 % answered with 429")
def limited(cluster, seconds):
    cluster.control(limited=0.5)
    time.sleep(seconds)
    cluster.control(limited=0)


@schedule("receiver-away", "webhook receiver away, node 3 killed in the meantime")
def receiver_away(cluster, seconds):
    cluster.receiver.away = True
    time.sleep(seconds / 2)
    cluster.nodes[2].kill()
    cluster.nodes[2].start()
    time.sleep(seconds / 2)
    cluster.receiver.away = False


def run(cluster, name, options):
    what, fault = SCHEDULES[name]
    cluster.control(reset=1, delay=0.05, drop=0, half=0, html=0, limited=0, down=0, strict=0, lifetime=options.lifetime)
    cluster.receiver.clear()
    names = [f"{name}-{number}" for number in range(options.connections)]
    with ThreadPoolExecutor(8) as pool:
        # Their ends are spread, so that something is due at each moment.
        list(pool.map(lambda it: cluster.connect(it[1], 12 + it[0] % options.lifetime), enumerate(names)))
    readers = Readers(cluster, names)
    begin = time.time()
    fault(cluster, options.seconds)
    cluster.control(strict=0)

    def settled():
        """What is stored is valid and the vendor's newest, for each family that lives, and its webhooks have come; twice in a row."""
        def now():
            families, reported = cluster.truth()["families"], cluster.receiver.renewed()
            for one in names:
                family = families.get(one, {"newest": 0, "delivered": 0, "revoked": None, "running": 0})
                access, refresh = cluster.stored(one)
                if not family["revoked"] and (
                        family["running"] or reported.get(one, 0) < family["delivered"] or refresh != f"rt.{one}.{family['newest']}"
                        or time.time() > int(access.rsplit(".", 1)[1]) / 1000 - 5):
                    return False
            return True
        return now() and not time.sleep(2) and now()

    # Waiting for the last of the refreshes: a token that keeps being rotated is never quiet, so the vendor's tokens live longer now.
    cluster.control(lifetime=3600)
    until(f"{name} has settled", settled, options.settle)
    readers.stop()
    truth = cluster.truth()
    families, counts = truth["families"], truth["counts"]
    reused = {one: family["revoked"] for one, family in families.items() if family["revoked"] and family["revoked"] != "undelivered"}
    ended = [one for one, family in families.items() if family["revoked"]]
    asked_again = [one for one in cluster.receiver.counts("connection.needs_authorization") if one not in ended]

    def missing_now():
        reported = cluster.receiver.renewed()
        return sum(max(0, family["delivered"] - reported.get(one, 0)) for one, family in families.items() if one not in ended)

    # What was renewed between the last look and this one is reported a moment later.
    until(f"the webhooks of {name} have come", lambda: not missing_now(), 60)
    missing = missing_now()
    # A newer one than that of the last look was renewed since.
    mismatches = sum(int(cluster.stored(one)[1].rpartition(".")[2] or -1) < family["newest"]
                     for one, family in families.items() if one not in ended)
    remarks = []
    if counts.get("again"):
        remarks.append(f"{counts['again']} undelivered responses requested again")
    if len(ended) > len(reused):
        remarks.append(f"{len(ended) - len(reused)} revoked by the vendor's own rule (its response was never delivered)")
    if readers.statuses:
        remarks.append(", ".join(f"{count} x {status or 'no answer'}" for status, count in sorted(readers.statuses.items())))
    incidents = sum(cluster.receiver.counts("provider.incident").values())
    if incidents:
        remarks.append(f"{incidents} incidents")
    if readers.worst:
        remarks.append(f"expired for at most {readers.worst:.1f} s")
    remarks += [f"{one}: {why}" for one, why in reused.items()][:3]
    for one in names:
        cluster.disconnect(one)
    return (name, what, f"{time.time() - begin:.0f} s", counts.get("rotated", 0), readers.reads, len(reused), counts.get("concurrent", 0),
            len(asked_again), readers.expired, mismatches, missing, cluster.receiver.duplicates, "; ".join(remarks))


HEAD = ("schedule", "what fails", "time", "rotations", "reads", "lost", "used twice at once", "false reconnects", "expired tokens handed out",
        "not stored", "webhooks missing", "duplicate", "remarks")


def line(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main():
    parser = argparse.ArgumentParser(prog="bench/engine", description=__doc__)
    parser.add_argument("schedules", nargs="*", help="all of them by default: " + ", ".join(SCHEDULES))
    parser.add_argument("--seconds", type=int, default=30, help="how long the fault of each schedule lasts")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--lifetime", type=int, default=40, help="of the vendor's access tokens, in seconds")
    parser.add_argument("--settle", type=int, default=120, help="how long to wait at most until all is stored and delivered")
    parser.add_argument("--java", default="java")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the nodes' logs")
    options = parser.parse_args()
    unknown = [name for name in options.schedules if name not in SCHEDULES]
    if unknown:
        parser.error(f"there is no schedule {unknown[0]}")
    # Also in the background of a shell, and whatever ends it, nothing is left running.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="latchkey-engine-")
    cluster, broken = None, False
    try:
        cluster = Cluster(folder, options.java)
        with open("/proc/loadavg") as load:
            print(f"Three nodes, {options.connections} connections, tokens of {options.lifetime} s; load at the start {load.read()[:14]}")
        print(line(HEAD))
        print(line("---" for _ in HEAD), flush=True)
        for name in options.schedules or SCHEDULES:
            row = run(cluster, name, options)
            print(line(row), flush=True)
            # Killed between the vendor's last byte and the disk: the one window that is documented (docs/refresh.md).
            lost = 0 if name.startswith("kill") or name in ("pg-kill-nodes", "receiver-away") else row[5]
            broken |= bool(lost or row[6] or row[7] or row[8] or row[9] or row[10])
    finally:
        if cluster:
            cluster.close()
        if options.keep:
            print(f"The nodes' logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if broken else 0)


main()
