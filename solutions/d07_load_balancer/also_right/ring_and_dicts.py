"""A hash ring with 150 points for each instance, and states that are moved on when somebody asks; everything in dicts."""

import bisect
import hashlib
import threading
import time


class Lease:
    """Ends by a callback."""

    def __init__(self, instance, end):
        self.instance = instance
        self.end = end

    def release(self):
        """Call back."""
        self.end(self)

    def __enter__(self):
        """The instance."""
        return self.instance

    def __exit__(self, *_):
        """Call back."""
        self.release()


def point(text):
    """A place on the ring."""
    return int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "big")


class LoadBalancer:
    """States are kept, and moved on when somebody asks."""

    def __init__(self, strategy, clock=time.monotonic, max_failures=5, pause_s=30.0):
        if strategy not in {"round_robin", "least_connections", "consistent_hash"}:
            raise ValueError("unknown strategy")
        if max_failures < 1 or pause_s < 0:
            raise ValueError("limits must be positive")
        self.strategy = strategy
        self.clock = clock
        self.max_failures = max_failures
        self.pause_s = pause_s
        self.lock = threading.RLock()
        self.order = []
        self.serials = {}
        self.serial = 0
        self.last = 0
        self.info = {}
        self.ring = []
        self.live = {}
        self.reading = clock()

    def pass_time(self):
        """Open circuits wait for less."""
        reading = self.clock()
        passed = max(0.0, reading - self.reading)
        self.reading = reading
        for info in self.info.values():
            if info["state"] == "open":
                info["left"] -= passed
                if info["left"] <= 0:
                    info["state"] = "half_open"
                    info["probe"] = None

    def add_instance(self, instance):
        """Add it at the end of all lists."""
        with self.lock:
            self.pass_time()
            if instance in self.info:
                raise ValueError("twice")
            self.order.append(instance)
            self.info[instance] = {"state": "closed", "row": 0, "left": 0.0, "probe": None, "n": 0, "all": 0, "bad": 0}
            for i in range(150):
                bisect.insort(self.ring, (point(f"{instance}#{i}"), instance))
            self.serial += 1
            self.serials[instance] = self.serial

    def remove_instance(self, instance):
        """Remove it from all lists."""
        with self.lock:
            if instance not in self.info:
                raise KeyError("unknown")
            self.order.remove(instance)
            del self.info[instance]
            self.ring = [pair for pair in self.ring if pair[1] != instance]

    def usable(self, instance):
        """Closed, or half-open without a probe."""
        info = self.info[instance]
        if info["state"] == "half_open":
            return info["probe"] is None
        return info["state"] == "closed"

    def acquire(self, key=None):
        """One of three ways."""
        with self.lock:
            self.pass_time()
            if self.strategy == "consistent_hash":
                if key is None:
                    raise ValueError("no key")
                instance = self.walk(point(key))
            elif self.strategy == "round_robin":
                later = [one for one in self.order if self.serials[one] > self.last]
                earlier = [one for one in self.order if self.serials[one] <= self.last]
                instance = next((one for one in later + earlier if self.usable(one)), None)
                if instance is not None:
                    self.last = self.serials[instance]
            else:
                instance = None
                for one in self.order:
                    if self.usable(one) and (instance is None or self.info[one]["n"] < self.info[instance]["n"]):
                        instance = one
            if instance is None:
                raise RuntimeError("nobody there")
            info = self.info[instance]
            lease = Lease(instance, self.end)
            self.live[id(lease)] = (lease, info)
            info["n"] += 1
            info["all"] += 1
            if info["state"] == "half_open":
                info["probe"] = lease
            return lease

    def walk(self, start):
        """The first usable one on the ring."""
        at = bisect.bisect(self.ring, (start, ""))
        for i in range(len(self.ring)):
            _, instance = self.ring[(at + i) % len(self.ring)]
            if self.usable(instance):
                return instance
        return None

    def end(self, lease):
        """End a lease that is live."""
        with self.lock:
            _, info = self.live.pop(id(lease), (None, None))
            if info is not None:
                info["n"] -= 1
                if info["probe"] is lease:
                    info["probe"] = None

    def report(self, instance, ok):
        """Count, and move the circuit."""
        with self.lock:
            self.pass_time()
            if instance not in self.info:
                return
            info = self.info[instance]
            if not ok:
                info["bad"] += 1
            if info["state"] == "closed":
                if ok:
                    info["row"] = 0
                else:
                    info["row"] += 1
                    if info["row"] == self.max_failures:
                        self.trip(info)
            elif info["state"] == "half_open" and info["probe"] is not None:
                info["probe"] = None
                if ok:
                    info["state"] = "closed"
                    info["row"] = 0
                else:
                    self.trip(info)

    def trip(self, info):
        """Open a circuit."""
        info["state"] = "open" if self.pause_s > 0 else "half_open"
        info["left"] = self.pause_s

    def stats(self):
        """Dicts in the order of addition."""
        with self.lock:
            self.pass_time()
            found = {}
            for name in self.order:
                info = self.info[name]
                found[name] = {
                    "connections": info["n"],
                    "requests": info["all"],
                    "failed": info["bad"],
                    "state": info["state"],
                }
            return found
