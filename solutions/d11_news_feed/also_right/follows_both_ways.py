"""As people write it: who follows whom is kept both ways, and inboxes of negative numbers, so that the newest comes first."""

import threading
import time
from bisect import bisect_right, insort


class NewsFeed:
    def __init__(self, clock=time.time, fanout_limit=1000):
        if fanout_limit < 0:
            raise ValueError("fanout_limit must not be negative")
        self.clock = clock
        self.fanout_limit = fanout_limit
        self.lock = threading.Lock()
        self.next_id = 1
        self.posts = {}
        self.by_author = {}
        self.followers = {}
        self.inboxes = {}
        self.celebrities = {}
        self.has_been_celebrity = set()

    def follow(self, follower, author):
        if follower == author:
            raise ValueError("users cannot follow themselves")
        with self.lock:
            followers = self.followers.setdefault(author, {})
            if follower in followers:
                return
            followers[follower] = True
            if author not in self.has_been_celebrity and len(followers) <= self.fanout_limit:
                inbox = self.inboxes.setdefault(follower, [])
                inbox.extend(self.by_author.get(author, []))
                inbox.sort()
                return
            if author not in self.has_been_celebrity:
                self.has_been_celebrity.add(author)
                for other in followers:
                    self.remove(other, author)
                    self.celebrities.setdefault(other, []).append(author)
            else:
                self.celebrities.setdefault(follower, []).append(author)

    def remove(self, follower, author):
        self.inboxes[follower] = [key for key in self.inboxes.get(follower, []) if self.posts[-key]["author"] != author]

    def unfollow(self, follower, author):
        with self.lock:
            if follower in self.followers.get(author, {}):
                del self.followers[author][follower]
                if author in self.celebrities.get(follower, []):
                    self.celebrities[follower].remove(author)
                self.remove(follower, author)

    def post(self, author, text):
        with self.lock:
            post_id = self.next_id
            self.next_id += 1
            self.posts[post_id] = {"id": post_id, "author": author, "text": text, "created_at": self.clock()}
            insort(self.by_author.setdefault(author, []), -post_id)
            if author not in self.has_been_celebrity:
                for follower in self.followers.get(author, {}):
                    insort(self.inboxes.setdefault(follower, []), -post_id)
            return post_id

    def delete(self, post_id):
        with self.lock:
            if post_id not in self.posts:
                raise KeyError(f"there is no post {post_id}")
            author = self.posts.pop(post_id)["author"]
            self.by_author[author].remove(-post_id)
            for follower in self.followers.get(author, {}):
                if -post_id in self.inboxes.get(follower, []):
                    self.inboxes[follower].remove(-post_id)

    def feed(self, user, limit, cursor=None):
        if limit < 1:
            raise ValueError("limit must be at least 1")
        with self.lock:
            candidates = []
            sources = [self.inboxes.get(user, [])]
            sources.extend(self.by_author.get(author, []) for author in self.celebrities.get(user, []))
            for source in sources:
                start = 0 if cursor is None else bisect_right(source, -cursor)
                candidates.extend(source[start : start + limit + 1])
            candidates.sort()
            page = [dict(self.posts[-key]) for key in candidates[:limit]]
            if len(candidates) > limit:
                return page, page[-1]["id"]
            return page, None
