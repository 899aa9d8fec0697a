"""Running totals and bisection for the window, levels of debt for the bucket, and costs that are given back."""

import time
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from itertools import islice
from threading import RLock


class Keys:
    def __init__(self, most, idle_s, clock):
        self._most, self._idle_s, self._clock = most, idle_s, clock
        self._states, self._used, self._lock = {}, OrderedDict(), RLock()
        self._offset, self._before = 0.0, float("-inf")

    def _time(self):
        reading = self._clock()
        if reading < self._before:
            self._offset += self._before - reading
        self._before = reading
        return reading + self._offset

    def check(self, cost):
        if not 0 < cost <= self._most:
            raise ValueError(f"cost {cost}, expected 1 to {self._most}")

    def allow(self, key, cost=1):
        self.check(cost)
        with self._lock:
            now = self._time()
            for old in [key for key, used in islice(self._used.items(), 3) if now > used + self._idle_s]:
                del self._used[old], self._states[old]
            if self._lacking(key, cost, now):
                return False
            self._states[key] = self._charged(self._states.get(key), cost, now)
            self._used[key] = now
            self._used.move_to_end(key)
            return True

    def retry_after(self, key, cost=1):
        self.check(cost)
        with self._lock:
            return self._lacking(key, cost, self._time())

    def give_back(self, key, cost):
        with self._lock:
            self._states[key] = self._returned(self._states[key], cost)

    def size(self):
        return len(self._used)


class TokenBucket(Keys):
    def __init__(self, rate, capacity, clock=time.monotonic):
        if min(rate, capacity) <= 0:
            raise ValueError(f"rate {rate}, capacity {capacity}")
        super().__init__(capacity, capacity / rate, clock)
        self._rate = rate

    def _debt(self, state, now):
        debt, then = state or (0.0, now)
        return max(debt - self._rate * (now - then), 0.0)

    def _lacking(self, key, cost, now):
        over = self._debt(self._states.get(key), now) + cost - self._most
        return over / self._rate if over > 1e-9 else 0.0

    def _charged(self, state, cost, now):
        return self._debt(state, now) + cost, now

    def _returned(self, state, cost):
        return state[0] - cost, state[1]


class SlidingWindow(Keys):
    """A state is the list of times, and that of the totals up to each; what has expired is cut off now and then."""

    def __init__(self, limit, window_s, clock=time.monotonic):
        if limit < 1 or not window_s > 0:
            raise ValueError(f"limit {limit}, window {window_s}")
        super().__init__(limit, window_s, clock)
        self._window_s = window_s

    def _lacking(self, key, cost, now):
        times, totals = self._states.get(key, ([], [0]))
        first = bisect_right(times, now - self._window_s + 1e-9)
        over = totals[-1] - totals[first] + cost - self._most
        if over <= 0:
            return 0.0
        return times[bisect_left(totals, totals[first] + over) - 1] + self._window_s - now

    def _charged(self, state, cost, now):
        times, totals = state or ([], [0])
        first = bisect_right(times, now - self._window_s + 1e-9)
        if first > len(times) // 2:
            times, totals = times[first:], totals[first:]
        times.append(now)
        totals.append(totals[-1] + cost)
        return times, totals

    def _returned(self, state, _):
        return state[0][:-1], state[1][:-1]


class RateLimiter:
    def __init__(self, rules):
        self._rules, self._lock, self._counts = dict(rules), RLock(), {True: 0, False: 0}

    def _asked(self, endpoint, cost):
        names = [endpoint] if endpoint == "*" else [endpoint, "*"]
        limiters = [self._rules[name] for name in names if name in self._rules]
        for limiter in limiters:
            limiter.check(cost)
        return limiters

    def allow(self, user, endpoint, cost=1):
        with self._lock:
            charged = []
            for limiter in self._asked(endpoint, cost):
                if not limiter.allow(user, cost):
                    for other in charged:
                        other.give_back(user, cost)
                    self._counts[False] += 1
                    return False
                charged.append(limiter)
            self._counts[True] += 1
            return True

    def retry_after(self, user, endpoint, cost=1):
        with self._lock:
            return max([0.0, *(limiter.retry_after(user, cost) for limiter in self._asked(endpoint, cost))])

    def stats(self):
        with self._lock:
            return {"allowed": self._counts[True], "denied": self._counts[False]}
