"""Suite of D06: scripts against a plain shortener, URLs, codes that say nothing, collisions, threads, cost.

Time is a clock that the suite moves, the generator has a seed. Threads are stopped before each of their steps, so no result
depends on timing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import links
import numpy as np
import pytest
import url_shortener as kata
from hypothesis import given
from hypothesis import strategies as st
from links import Step

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Grower, Task

play, codes, collide = map(in_subject_process, (links.play, links.codes, links.collide))
crowded, work, count_elsewhere = map(in_subject_process, (links.crowded, links.work, links.count_elsewhere))
new_bench = in_subject_process(links.Bench)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
A, B = "https://a.example/", "https://b.example/x?y=Z#W"
Script = Sequence[Step]


# --- a shortener that is plain ---------------------------------------------------------------------------------------


class Plain:
    """A shortener whose codes are numbers, for URLs that are normalised; `slip` is a mistake."""

    def __init__(self, slip: str = "") -> None:
        self.slip = slip
        self.now, self.issued = 1024.0, 0
        self.known: dict[Any, dict[str, Any]] = {}
        self.lasting: dict[str, Any] = {}
        self.aliases = set[str]()

    def advance(self, seconds: float) -> None:
        """Let time pass, or set the clock back."""
        self.now += seconds

    def shorten(self, url: str, alias: str | None = None, end: float | None = None) -> Any:
        """The alias, or the number of the code."""
        slip = self.slip
        if end is not None and slip != "past ends" and (end < self.now if slip == "ends at once" else end <= self.now):
            return "ValueError"
        if alias is None:
            shares = slip == "ends are shared" or (end is None or slip == "code of the lasting")
            if shares and url in self.lasting and slip != "always new":
                return self.lasting[url]
            code: int | str = self.issued
            self.issued += 1
        else:
            if alias in self.known and slip not in ("alias overwritten", "retry resets"):
                return "ValueError" if slip == "no retry" or not self.is_retry(url, alias, end) else alias
            if slip == "retry resets" and alias in self.known and not self.is_retry(url, alias, end):
                return "ValueError"
            if slip == "alias is ignored" and url in self.lasting:
                return self.lasting[url]
            code = alias
            self.aliases.add(alias)
        self.known[code] = {"url": url, "clicks": 0, "created_at": self.now, "expires_at": end}
        if (end is None or slip == "ends are shared") and (alias is None or slip == "alias is the code"):
            self.lasting[url] = code
        return code

    def is_retry(self, url: str, alias: str, end: float | None) -> bool:
        """Whether the same was asked before."""
        link = self.known[alias]
        same_end = link["expires_at"] == end or self.slip == "same URL is enough"
        return alias in self.aliases and link["url"] == url and same_end

    def has_ended(self, code: Any) -> bool:
        """Whether the link's end has come."""
        end = self.known[code]["expires_at"]
        if end is None or self.slip == "never ends":
            return False
        return bool(self.now > end if self.slip == "one moment longer" else self.now >= end)

    def resolve(self, code: Any) -> Any:
        """The URL, or the error."""
        if code not in self.known:
            return "KeyError"
        link, has_ended = self.known[code], self.has_ended(code)
        link["clicks"] += self.slip != "no clicks" and (not has_ended or self.slip == "ended clicks")
        if has_ended and self.slip == "forgotten at the end":
            del self.known[code]
        return "KeyError" if has_ended else link["url"]

    def stats(self, code: Any) -> Any:
        """The link, or the error."""
        if code not in self.known or (self.has_ended(code) and self.slip == "no stats after the end"):
            return "KeyError"
        told = dict(self.known[code])
        self.known[code]["clicks"] += self.slip == "stats clicks"
        return told


def plain(script: Script, slip: str = "") -> list[Any]:
    """The answers of a plain shortener to a script."""
    shortener = Plain(slip)
    return [getattr(shortener, method)(*args) for method, *args in script]


SLIPS = {
    "always new": "the same URL gets a new code at each call: one that lasts is given again",
    "ends are shared": "links with an end are found by their URL: the next caller gets a code that ends",
    "code of the lasting": "a link with an end gets the code that lasts: it needs one of its own",
    "alias is the code": "an alias has become the URL's code: the URL's own code is not touched by aliases",
    "alias is ignored": "the alias is ignored for a URL that has a code",
    "alias overwritten": "an alias that is in use is overwritten",
    "no retry": "a retry of the same alias, URL and end is refused",
    "retry resets": "a retry of an alias sets its clicks or its time back",
    "same URL is enough": "an alias in use is given again although expires_at differs",
    "forgotten at the end": "a link that has ended is deleted: its stats stay, and its name is never given away",
    "no stats after the end": "stats does not answer for a link that has ended",
    "one moment longer": "a link still lives at expires_at: it ends there, not after it",
    "never ends": "expires_at is not heeded by resolve",
    "ends at once": "an expires_at of just now is taken",
    "past ends": "an expires_at in the past is taken",
    "stats clicks": "stats counts as a click",
    "ended clicks": "a resolve of a link that has ended counts as a click",
    "no clicks": "clicks are not counted",
}


def check_script(script: Script, hint: str = "") -> None:
    """Hold the answers to a script to those of the plain shortener."""
    __tracebackhide__ = True
    for i, (came, want) in enumerate(zip(play(script), plain(script), strict=True)):
        if check.is_equal(came, want):
            continue
        told = ", ".join(f"{method}({', '.join(map(repr, args))})" for method, *args in script[: i + 1])
        slips = {text: partial(lambda s, i: plain(script, s)[i], slip, i) for slip, text in SLIPS.items()}
        asked = f"clock at 1024, codes by the order in which they came (0, 1, ...): {told}: the last answer"
        check.equal(came, want, asked=asked, mistakes=slips, hint=hint)


@pytest.mark.example
def test_a_url_has_one_code_and_clicks_are_counted() -> None:
    check_script([("shorten", A), ("shorten", B), ("shorten", A), ("resolve", 1), ("resolve", 0), ("resolve", 7)])
    check_script([("shorten", A), ("resolve", 0), ("advance", 5.0), ("shorten", A), ("resolve", 0), ("stats", 0)])
    check_script([("resolve", "sale"), ("stats", "sale"), ("stats", 0)], "unknown codes are a KeyError")


@pytest.mark.example
def test_aliases_are_reserved_and_a_retry_gives_them_again() -> None:
    sale = ("shorten", A, "sale")
    check_script([sale, ("shorten", B, "sale"), ("resolve", "sale"), ("resolve", "Sale")], "case counts")
    check_script([sale, ("resolve", "sale"), ("advance", 4.0), sale, ("stats", "sale")])
    check_script([sale, ("shorten", A, "sale", 2000.0), ("stats", "sale")])
    check_script([sale, ("shorten", A), ("resolve", 0), ("stats", "sale"), ("stats", 0)])
    check_script([("shorten", A), sale, ("shorten", A, "sale-2"), ("resolve", "sale"), ("shorten", A)])
    check_script([("shorten", A), sale, ("advance", 1.0), ("shorten", A), ("stats", 0)])


@pytest.mark.example
def test_links_end_at_expires_at_and_stay_known() -> None:
    sale = ("shorten", A, "sale", 1030.0)
    moments = [("advance", 5.75), ("resolve", "sale"), ("advance", 0.25), ("resolve", "sale"), ("stats", "sale")]
    check_script([sale, *moments, ("advance", 9.0), ("resolve", "sale"), ("stats", "sale")])
    check_script([sale, ("advance", 6.0), ("shorten", B, "sale"), ("shorten", A, "sale", 1030.0), ("stats", "sale")])
    check_script(
        [sale, ("advance", 7.0), ("resolve", "sale"), ("advance", -3.0), ("resolve", "sale"), ("stats", "sale")]
    )
    check_script([("shorten", A, None, 1024.0), ("shorten", A, "old", 1023.0), ("stats", "old"), ("shorten", B, "old")])


@pytest.mark.example
def test_links_with_an_end_have_codes_of_their_own() -> None:
    ends = ("shorten", A, None, 1030.0)
    check_script([ends, ("shorten", A), ("advance", 8.0), ("resolve", 1), ("resolve", 0), ("shorten", A)])
    check_script([("shorten", A), ends, ("resolve", 1), ("stats", 1), ("stats", 0)])
    check_script([ends, ends, ("resolve", 1), ("stats", 0), ("stats", 1)], "each call with an end makes a code")


URLS, NAMES, ENDS = st.sampled_from([A, B]), st.sampled_from(["sale", "Sale"]), st.sampled_from([1026.0, 1030.0])
STEPS = st.one_of(
    st.tuples(st.just("shorten"), URLS),
    st.tuples(st.just("shorten"), URLS, st.none() | NAMES, st.none() | ENDS),
    st.tuples(st.sampled_from(["resolve", "resolve", "stats"]), st.integers(0, 3) | NAMES),
    st.tuples(st.just("advance"), st.sampled_from([1.0, 2.0, -1.0])),
)


@pytest.mark.law
@given(st.lists(STEPS, min_size=1, max_size=20))
def test_any_script_is_answered_as_by_a_plain_shortener(script: list[Step]) -> None:
    check_script(script)


# --- URLs ------------------------------------------------------------------------------------------------------------

NORMAL = {
    "HTTP://Shop.Example:80?item=7": "http://shop.example/?item=7",
    "https://A.example": "https://a.example/",
    "HttpS://a.EXAMPLE:443/Path/?Q=%41#Frag": "https://a.example/Path/?Q=%41#Frag",
    "http://a.example:443/": "http://a.example:443/",
    "https://a.example:80": "https://a.example:80/",
    "https://a.example:8080#top": "https://a.example:8080/#top",
    "http://10.0.0.1/a//b/../c/": "http://10.0.0.1/a//b/../c/",
    "https://a.example/@me:80/http://B.example": "https://a.example/@me:80/http://B.example",
    "https://x-y.example:65535/?a=1&b=2&a=1": "https://x-y.example:65535/?a=1&b=2&a=1",
    "https://a.example/%e4?next=javascript:x": "https://a.example/%e4?next=javascript:x",
    "https://a.example/[~{!}]": "https://a.example/[~{!}]",
}


@pytest.mark.example
@pytest.mark.parametrize("url", NORMAL)
def test_urls_are_normalised_and_no_more(url: str) -> None:
    came = play([("shorten", url), ("resolve", 0), ("stats", 0), ("shorten", NORMAL[url])])
    want, scheme = NORMAL[url], url.partition("://")[0].lower()
    default = {"http": ":80", "https": ":443"}[scheme]
    mistakes = {
        "the URL is kept as it came: scheme and host in lower case, no default port, a path": url,
        "the whole URL is in lower case: path and query stay as they are": want.lower(),
        "the default port is kept: it says nothing": want.replace("/", f"{default}/", 3).replace(f"{default}/", "/", 2),
        "a port is left out that is not the default of the scheme": want.replace(":443/", "/").replace(":80/", "/"),
        "any port is left out: only the default one": want.replace(":8080/", "/").replace(":65535/", "/"),
        "there is no path: it is `/`": want.replace("example/", "example"),
        "the path is resolved: it stays as it is": want.replace("/a//b/../c/", "/a/c/"),
        "the fragment is lost": want.partition("#")[0],
        "the query is lost": want.partition("?")[0],
    }
    check.equal(came[1], want, asked=f"resolve of the code of {url!r}", mistakes=mistakes)
    check.equal(came[2].get("url"), want, asked=f"stats of the code of {url!r}: the url", mistakes=mistakes)
    hint = "look for the code by the normalised URL"
    check.equal(came[3], 0, asked=f"shorten({url!r}), shorten({want!r}): the code's number", hint=hint)


@pytest.mark.law
@given(
    st.sampled_from(["http", "https"]),
    st.sampled_from(["", ":80", ":443"]),
    st.sampled_from(["", "/", "/A", "?a", "/?A"]),
)
def test_urls_that_differ_when_normalised_have_codes_of_their_own(scheme: str, port: str, rest: str) -> None:
    base = "https://a.example/"
    url = f"{scheme}://A.example{port}{rest}"
    port = "" if port == {"http": ":80", "https": ":443"}[scheme] else port
    normal = f"{scheme}://a.example{port}{rest if rest.startswith('/') else '/' + rest}"
    came = play([("shorten", base), ("shorten", url), ("resolve", int(normal != base))])
    asked = f"shorten({base!r}), shorten({url!r}), resolve of the latter"
    hint = "equal when normalised, or else two codes"
    check.equal(came, [0, int(normal != base), normal], asked=asked, hint=hint)


BAD_URLS = {
    "javascript:alert(1)": "only http and https",
    "ftp://a.example/": "only http and https",
    "file:///etc/passwd": "only http and https",
    "httpx://a.example/": "only http and https",
    "//a.example/": "a scheme is missing",
    "a.example/path": "a scheme is missing",
    "/path": "a scheme and a host are missing",
    "": "it is empty",
    "https:a.example": "there is no host after `//`",
    "https:///path": "there is no host",
    "http://:80/": "there is no host",
    "http://?a.example": "there is no host",
    "https://bank.example@evil.example/": "it has a user name, which looks like a host",
    "https://bank.example:x@evil.example/": "it has a user name and a password",
    "https://evil.example\\@bank.example/": "browsers take a backslash for a slash",
    "https://a.example/\\": "it has a backslash",
    "java\nscript:alert(1)": "browsers skip line breaks, and only http and https may be",
    "https://a.example/\r\nSet-Cookie:x": "a line break would end the header of the redirect",
    "https://a.example/\n": "it has a line break",
    "https://a.example/a b": "it has a space",
    " https://a.example/": "it has a space",
    "https://a.example/\t": "it has a tab",
    "https://a.example/\x7f": "it has a control character",
    "https://a.example/\xe9": "it is not ASCII",
    "https://\u0430.example/": "it is not ASCII: this a is Cyrillic",
    "https://a_b%2e.example/": "a host has letters, digits, dots and hyphens",
    "https://a.example:65536/": "a port is at most 65535",
    "https://a.example:http/": "a port is a number",
    "https://a.example:-1/": "a port is a number",
    "https://a.example/" + "x" * 2031: "it has 2049 characters",
}


@pytest.mark.edge
@pytest.mark.parametrize("url", BAD_URLS, ids=lambda url: ascii(url[:40]))
def test_other_urls_are_errors(url: str) -> None:
    bench = new_bench()
    asked = (
        f"shorten({url!r}, 'sale')" if len(url) < 100 else f"shorten({url[:30]!r}... of {len(url)} characters, 'sale')"
    )
    hint = "say what a URL must look like, as a whole (fullmatch), instead of what is bad"
    check.raises(ValueError, partial(bench.shorten, url, "sale"), asked=asked, because=BAD_URLS[url], hint=hint)
    kept = "nothing is kept of a call that is refused"
    check.raises(KeyError, partial(bench.stats, "sale"), asked=f"stats('sale') after the refused {asked}", because=kept)


@pytest.mark.edge
def test_the_longest_url_and_aliases_of_any_length_allowed_are_taken() -> None:
    url = "https://a.example/" + "x" * 2030
    check.equal(play([("shorten", url), ("resolve", 0)]), [0, url], asked="a URL of 2048 characters, and its resolve")
    for alias in ("a-1", "_Z9", "x" * 32, "---"):
        came = play([("shorten", A, alias), ("resolve", alias)])
        check.equal(came, [alias, A], asked=f"shorten(url, {alias!r}) and its resolve", hint="3 to 32 are allowed")


@pytest.mark.edge
@pytest.mark.parametrize(
    "alias", ["", "ab", "x" * 33, "a b c", "a/b", "sale\n", "s\xe4le", "a.b", "a?b", "../up"], ids=ascii
)
def test_other_aliases_are_errors(alias: str) -> None:
    bench = new_bench()
    because = "an alias has 3 to 32 letters, digits, `-`, `_`, of ASCII"
    hint = "fullmatch: `$` also matches before a line break at the end; an empty alias is not none"
    check.raises(
        ValueError, partial(bench.shorten, A, alias), asked=f"shorten(url, {alias!r})", because=because, hint=hint
    )


# --- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_codes_say_nothing_about_one_another() -> None:
    urls = [f"https://a.example/{i}" for i in range(2000)]
    found = codes(urls, 1)
    asked = "the codes of 2000 URLs"
    odd = [code for code in found if not isinstance(code, str) or len(code) != 7 or not set(code) <= set(LETTERS)]
    check.true(
        not odd,
        asked=asked,
        came=odd[:3],
        expected="7 of A-Z, a-z, 0-9 in each",
        mistake="codes have another length or other characters",
    )
    check.equal(len(set(found)), 2000, asked=f"{asked}: how many differ")
    missing = {place: set(LETTERS) - {code[place] for code in found} for place in range(7)}
    lacks = {place: "".join(sorted(letters)) for place, letters in missing.items() if letters}
    hint = "a counter, or digits and lower case alone: draw each of the 7 from all 62"
    check.equal(lacks, {}, asked=f"{asked}: letters that never occur, by place", hint=hint)
    rising = sum(a < b for a, b in pairwise(found))
    counted = "codes follow one another: each is drawn anew"
    check.true(
        800 < rising < 1200,
        asked=f"{asked}: how often one is above the last",
        came=rising,
        expected="about half",
        mistake=counted,
    )
    most = max(Counter(a[:2] for a in found).values())
    check.true(
        most < 12,
        asked=f"{asked}: how often two first letters occur",
        came=most,
        expected="about once",
        mistake=counted,
    )
    again, other = codes(urls[:50], 1), codes(urls[:50], 2)
    check.equal(again, found[:50], asked="codes by another generator of equal seed", hint="draw by `rng` alone")
    hashed = "the code depends on the URL alone: whoever knows the URL finds its link, so draw by `rng`"
    shared = len(set(other) & set(found))
    check.true(
        shared == 0, asked="codes of URLs that two seeds have in common", came=shared, expected="0", mistake=hashed
    )


@pytest.mark.example
@pytest.mark.parametrize("kind", ["a code", "a code with an end", "a code that has ended", "an alias"])
def test_a_code_that_is_taken_is_drawn_again(kind: str) -> None:
    want = {"new code": True, "first": "https://a.example/", "second": "https://b.example/"}
    hint = "draw until nobody has the code: no code, and no alias"
    over = {"what was taken is overwritten": {"new code": False, "first": want["second"], "second": want["second"]}}
    check.equal(collide(kind), want, asked=f"a code is drawn that is taken by {kind}", mistakes=over, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("end", [None, 2048.0], ids=["lasting", "with_an_end"])
def test_a_code_is_no_alias_for_anybody(end: float | None) -> None:
    bench = new_bench()
    bench.shorten(A, None, end)
    code = bench.name(0)
    for url in (B, A):
        because = "it is somebody's code"
        asked = f"shorten({url!r}, alias, {end}) with the code of {A!r} as the alias"
        given = {"a code is given away as an alias": 0}
        check.raises(ValueError, partial(bench.shorten, url, code, end), asked=asked, because=because, mistakes=given)
    check.equal(bench.resolve(0), A, asked="resolve of the code after that", hint="it is not overwritten")


@pytest.mark.edge
def test_shorteners_share_nothing_and_have_good_defaults() -> None:
    shorteners = kata.UrlShortener(), kata.UrlShortener()
    one, other = (shortener.shorten(A) for shortener in shorteners)
    made = shorteners[0].stats(one)["created_at"]
    check.true(
        one != other,
        asked="the codes of one URL in two shorteners without rng",
        came=[one, other],
        expected="two codes",
        mistake="the default generator has a fixed seed, or they share one store",
    )
    check.true(abs(made - time.time()) < 3600, asked="created_at without a clock", came=made, expected="time.time()")
    kept = {"clicks": 1, "created_at": 1024.0, "expires_at": None}
    hint = "state belongs to the object; stats is a new dict at each call"
    want = [{"url": A, **kept}, {"url": "https://b.example/", **kept, "clicks": 0}]
    check.equal(
        count_elsewhere(),
        want,
        asked="stats of two shorteners with one alias each, a caller wrote into the first",
        hint=hint,
    )


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock from the question to the entry"


@pytest.mark.edge
def test_clicks_that_meet_are_counted() -> None:
    mistake = "a click is lost: reading, adding and writing need one lock"
    before = [("shorten", A, "sale"), ("resolve", "sale")]
    interleave(
        (links.Bench,),
        ("resolve", "sale"),
        ("resolve", "sale"),
        before=before,
        after=[("stats", "sale")],
        mistake=mistake,
    )
    bench = new_bench()
    bench.shorten(A, "sale")
    crowd((bench.resolve, "sale"), times=50)
    check.equal(bench.stats("sale")["clicks"], 50, asked="clicks after resolve by 50 threads at once", hint=mistake)


@pytest.mark.edge
def test_two_threads_get_one_code_for_a_url() -> None:
    asking = [("stats", 0), ("stats", 1)]
    interleave((links.Bench,), ("shorten", A), ("shorten", A), after=asking, mistake=THREADS)


@pytest.mark.edge
def test_an_alias_is_given_to_one_of_two_threads() -> None:
    asking = [("resolve", "sale"), ("stats", "sale")]
    interleave((links.Bench,), ("shorten", A, "sale"), ("shorten", B, "sale"), after=asking, mistake=THREADS)


# --- cost ------------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_call_costs_the_same_among_many_links(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        return Task(partial(work, crowded(n), f"new{rng.integers(10**6)}", 50), lambda: 50)

    hint = "find URLs and codes by dict, do not look at all links"
    asked = "50 calls of shorten and resolve, among more and more links"
    growth(prepare, (250, 1000, 4000), same=check.equal, at_most=0.5, asked=asked, hint=hint)
