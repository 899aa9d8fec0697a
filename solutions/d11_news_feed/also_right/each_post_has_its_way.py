"""Each post goes the way that its author had when it was written; inboxes keep what they got, deleted posts are passed over."""

import threading
import time
from bisect import bisect_left
from collections import defaultdict


class NewsFeed:
    def __init__(self, clock=time.time, fanout_limit=1000):
        if fanout_limit < 0:
            raise ValueError(f"fanout_limit is {fanout_limit}, at least 0 is needed")
        self._clock, self._limit, self._lock = clock, fanout_limit, threading.RLock()
        self._all = []  # a post, or None where it is deleted
        self._followers, self._handed, self._kept = defaultdict(set), defaultdict(list), defaultdict(list)
        self._inbox, self._stars_of, self._stars = defaultdict(list), defaultdict(set), set()

    def follow(self, follower, author):
        if follower == author:
            raise ValueError(f"{author} cannot follow oneself")
        with self._lock:
            if follower in self._followers[author]:
                return
            self._followers[author].add(follower)
            self._inbox[follower] = sorted([*self._inbox[follower], *self._handed[author]])
            if author in self._stars:
                self._stars_of[follower].add(author)
            elif len(self._followers[author]) > self._limit:
                self._stars.add(author)
                for fan in self._followers[author]:
                    self._stars_of[fan].add(author)

    def unfollow(self, follower, author):
        with self._lock:
            self._followers[author].discard(follower)
            self._stars_of[follower].discard(author)
            gone = set(self._handed[author])
            self._inbox[follower] = [place for place in self._inbox[follower] if place not in gone]

    def post(self, author, text):
        with self._lock:
            place = len(self._all)
            self._all.append({"id": f"p{place}", "author": author, "text": text, "created_at": self._clock()})
            if author in self._stars:
                self._kept[author].append(place)
            else:
                self._handed[author].append(place)
                for fan in self._followers[author]:
                    self._inbox[fan].append(place)
            return f"p{place}"

    def delete(self, post_id):
        with self._lock:
            known = isinstance(post_id, str) and post_id[:1] == "p" and post_id[1:].isdigit()
            if not known or int(post_id[1:]) >= len(self._all) or self._all[int(post_id[1:])] is None:
                raise KeyError(f"no post {post_id}")
            self._all[int(post_id[1:])] = None

    def feed(self, user, limit, cursor=None):
        if limit < 1:
            raise ValueError(f"limit is {limit}, at least 1 is needed")
        with self._lock:
            before = len(self._all) if cursor is None else cursor[1]
            sources = [self._inbox[user], *(self._kept[star] for star in self._stars_of[user])]
            ends = [bisect_left(source, before) - 1 for source in sources]
            page = []
            while True:
                heads = [
                    (source[end], i) for i, (source, end) in enumerate(zip(sources, ends, strict=True)) if end >= 0
                ]
                if not heads:
                    return page, None
                place, i = max(heads)
                ends[i] -= 1
                if self._all[place] is None:
                    continue
                if len(page) == limit:
                    return page, ("before", int(page[-1]["id"][1:]))
                page.append(self._all[place].copy())
