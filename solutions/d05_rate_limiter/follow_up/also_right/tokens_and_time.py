"""As people write it: dicts by key and tokens that are added up, in the store as pairs of tokens and their time."""

import threading
import time
from collections import deque


class Base:
    def __init__(self, most, idle, clock):
        self.most = most
        self.idle = idle
        self.clock = clock
        self.lock = threading.RLock()
        self.time = 0.0
        self.seen = None
        self.last = {}
        self.uses = deque()

    def now(self):
        reading = self.clock()
        if self.seen is not None and reading > self.seen:
            self.time += reading - self.seen
        self.seen = reading
        return self.time

    def check(self, cost):
        if cost < 1 or cost > self.most:
            raise ValueError(f"a cost of {cost} is never allowed, only 1 to {self.most}")

    def allow(self, key, cost=1):
        self.check(cost)
        with self.lock:
            now = self.now()
            while self.uses and now - self.uses[0][0] > self.idle:
                used, old = self.uses.popleft()
                if self.last.get(old) == used:
                    del self.last[old]
                    self.forget(old)
            if self.wait(key, cost, now) > 0:
                return False
            self.take(key, cost, now)
            if self.last.get(key) != now:
                self.last[key] = now
                self.uses.append((now, key))
            return True

    def retry_after(self, key, cost=1):
        self.check(cost)
        with self.lock:
            return self.wait(key, cost, self.now())

    def size(self):
        with self.lock:
            return len(self.last)


class TokenBucket(Base):
    def __init__(self, rate, capacity, clock=time.monotonic):
        if rate <= 0 or capacity <= 0:
            raise ValueError("rate and capacity must be positive")
        super().__init__(capacity, capacity / rate, clock)
        self.rate = rate
        self.tokens = {}

    def level(self, key, now):
        if key not in self.tokens:
            return self.most
        tokens, then = self.tokens[key]
        return min(self.most, tokens + (now - then) * self.rate)

    def wait(self, key, cost, now):
        missing = cost - self.level(key, now)
        return missing / self.rate if missing > 1e-9 else 0.0

    def take(self, key, cost, now):
        self.tokens[key] = (self.level(key, now) - cost, now)

    def forget(self, key):
        del self.tokens[key]


class SlidingWindow(Base):
    def __init__(self, limit, window_s, clock=time.monotonic):
        if limit < 1 or window_s <= 0:
            raise ValueError("limit and window_s must be positive")
        super().__init__(limit, window_s, clock)
        self.window = window_s
        self.calls = {}
        self.totals = {}

    def wait(self, key, cost, now):
        calls = self.calls.get(key, deque())
        while calls and now - calls[0][0] >= self.window - 1e-9:
            self.totals[key] -= calls.popleft()[1]
        total = self.totals.get(key, 0)
        if total + cost <= self.most:
            return 0.0
        wait = 0.0
        for called, paid in calls:
            if total + cost > self.most:
                total -= paid
                wait = called + self.window - now
        return wait

    def take(self, key, cost, now):
        self.calls.setdefault(key, deque()).append((now, cost))
        self.totals[key] = self.totals.get(key, 0) + cost

    def forget(self, key):
        del self.calls[key]
        del self.totals[key]


class RateLimiter:
    def __init__(self, rules):
        self.rules = dict(rules)
        self.lock = threading.Lock()
        self.allowed = 0
        self.denied = 0

    def find(self, endpoint):
        found = []
        if endpoint in self.rules:
            found.append(self.rules[endpoint])
        if "*" in self.rules and endpoint != "*":
            found.append(self.rules["*"])
        return found

    def allow(self, user, endpoint, cost=1):
        with self.lock:
            if self.longest(user, endpoint, cost) > 0:
                self.denied += 1
                return False
            for limiter in self.find(endpoint):
                limiter.allow(user, cost)
            self.allowed += 1
            return True

    def longest(self, user, endpoint, cost):
        longest = 0.0
        for limiter in self.find(endpoint):
            longest = max(longest, limiter.retry_after(user, cost))
        return longest

    def retry_after(self, user, endpoint, cost=1):
        with self.lock:
            return self.longest(user, endpoint, cost)

    def stats(self):
        with self.lock:
            return {"allowed": self.allowed, "denied": self.denied}


class SharedBucket:
    def __init__(self, rate, capacity, store, when_down=True):
        if rate <= 0 or capacity <= 0:
            raise ValueError(f"rate {rate} and capacity {capacity} must be positive")
        self.rate, self.capacity, self.store, self.when_down = rate, capacity, store, when_down

    def allow(self, key, cost=1):
        if cost < 1 or cost > self.capacity:
            raise ValueError(f"a cost of {cost} is never allowed")
        swapped = False
        while not swapped:
            try:
                state, version = self.store.load(key)
                now = self.store.time()
                tokens, since = state or (self.capacity, now)
                tokens = min(self.capacity, tokens + (now - since) * self.rate)
                if tokens < cost - 1e-9 * max(1, self.rate):
                    return False
                swapped = self.store.swap(key, (tokens - cost, now), version)
            except ConnectionError:
                return self.when_down
        return True
