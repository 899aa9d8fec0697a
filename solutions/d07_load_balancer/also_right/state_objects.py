"""A class for each state of a circuit and for each strategy; an index that says whose turn it is."""

import hashlib
import math
import threading
import time


class Closed:
    """Counts failures in a row."""

    name = "closed"
    free = True

    def __init__(self):
        self.failures = 0

    def later(self, _now):
        return self

    def after_report(self, ok, now, balancer):
        self.failures = 0 if ok else self.failures + 1
        if self.failures < balancer.max_failures:
            return self
        return Open(now + balancer.pause_s)


class Open:
    """Waits."""

    name = "open"
    free = False

    def __init__(self, until):
        self.until = until

    def later(self, now):
        return self if now < self.until else HalfOpen()

    def after_report(self, *_):
        return self


class HalfOpen:
    """Has room for one probe."""

    name = "half_open"
    probe = None

    @property
    def free(self):
        return self.probe is None

    def later(self, _now):
        return self

    def after_report(self, ok, now, balancer):
        if self.free:
            return self
        return Closed() if ok else Open(now + balancer.pause_s)


class Server:
    """An instance: its circuit, and a set of its leases."""

    def __init__(self, name):
        self.name = name
        self.circuit = Closed()
        self.leases = set()
        self.requests = 0
        self.failed = 0


class Turns:
    """The index of whose turn it is; it may be one past the end, where the next one to be added will be."""

    def __init__(self):
        self.turn = 0

    def removed(self, index):
        if index < self.turn:
            self.turn -= 1

    def choose(self, servers, _key):
        for i in range(len(servers)):
            index = (self.turn + i) % len(servers)
            if servers[index].circuit.free:
                self.turn = index + 1
                return servers[index]
        return None


class Fewest:
    """Sorts by the number of leases; the sort is stable."""

    def removed(self, index):
        pass

    def choose(self, servers, _key):
        order = sorted(servers, key=lambda server: len(server.leases))
        return next((server for server in order if server.circuit.free), None)


class Nearest:
    """Each server has a distance from each key, as if drawn from an exponential distribution."""

    def removed(self, index):
        pass

    def choose(self, servers, key):
        if key is None:
            raise ValueError("a key is needed")
        near, found = math.inf, None
        for server in servers:
            if server.circuit.free:
                digest = hashlib.blake2b(repr((key, server.name)).encode(), digest_size=6).digest()
                distance = -math.log((int.from_bytes(digest, "little") + 1) / 2**48)
                if distance < near:
                    near, found = distance, server
        return found


class Lease:
    """Is in the set of its server until it ends."""

    def __init__(self, server, lock):
        self.instance = server.name
        self.server = server
        self.lock = lock

    def release(self):
        with self.lock:
            self.server.leases.discard(self)
            circuit = self.server.circuit
            if isinstance(circuit, HalfOpen) and circuit.probe is self:
                circuit.probe = None

    def __enter__(self):
        return self.instance

    def __exit__(self, kind, error, traceback):
        self.release()
        return False


class LoadBalancer:
    """Moves all circuits on to the present, then does what is asked."""

    def __init__(self, strategy, clock=time.monotonic, max_failures=5, pause_s=30.0):
        strategies = {"round_robin": Turns, "least_connections": Fewest, "consistent_hash": Nearest}
        if strategy not in strategies:
            raise ValueError(f"{strategy} is not one of {list(strategies)}")
        if max_failures < 1:
            raise ValueError("max_failures is below 1")
        if pause_s < 0:
            raise ValueError("pause_s is below 0")
        self.strategy = strategies[strategy]()
        self.clock = clock
        self.max_failures = max_failures
        self.pause_s = pause_s
        self.lock = threading.Lock()
        self.servers = []
        self.elapsed = 0.0
        self.last_reading = None

    def _find(self, name):
        for index, server in enumerate(self.servers):
            if server.name == name:
                return index
        return None

    def _move_on(self):
        reading = self.clock()
        if self.last_reading is not None and reading > self.last_reading:
            self.elapsed += reading - self.last_reading
        self.last_reading = reading
        for server in self.servers:
            server.circuit = server.circuit.later(self.elapsed)

    def add_instance(self, instance):
        with self.lock:
            if self._find(instance) is not None:
                raise ValueError(f"{instance} was added before")
            self.servers.append(Server(instance))

    def remove_instance(self, instance):
        with self.lock:
            index = self._find(instance)
            if index is None:
                raise KeyError(f"{instance} was never added")
            del self.servers[index]
            self.strategy.removed(index)

    def acquire(self, key=None):
        with self.lock:
            self._move_on()
            server = self.strategy.choose(self.servers, key)
            if server is None:
                raise RuntimeError("no instance is free")
            lease = Lease(server, self.lock)
            server.leases.add(lease)
            server.requests += 1
            if isinstance(server.circuit, HalfOpen):
                server.circuit.probe = lease
            return lease

    def report(self, instance, ok):
        with self.lock:
            self._move_on()
            index = self._find(instance)
            if index is not None:
                server = self.servers[index]
                if not ok:
                    server.failed += 1
                server.circuit = server.circuit.after_report(ok, self.elapsed, self)

    def stats(self):
        with self.lock:
            self._move_on()
            return {
                server.name: {
                    "connections": len(server.leases),
                    "requests": server.requests,
                    "failed": server.failed,
                    "state": server.circuit.later(self.elapsed).name,
                }
                for server in self.servers
            }
