"""Topics of katas on a command line, which a shell can complete."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_root, load_catalog
from harness.core.errors import KataError
from harness.core.model import Catalog, Kata
from harness.practice.topics import topic_name

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class TopicName(click.ParamType[str]):
    """A topic as it was typed; whether a kata has it, the command finds out."""

    name = "topic"

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Topics that begin with the text; never an error, even in a damaged checkout."""
        from click.shell_completion import CompletionItem

        try:
            catalog = load_catalog(find_root(Path.cwd()))
        except (KataError, OSError):
            return []
        return [CompletionItem(topic) for topic in topics_of(catalog) if topic.startswith(incomplete.lower())]


TOPIC = TopicName()


def topics_of(catalog: Catalog) -> list[str]:
    """The topics that katas have, by name."""
    return sorted({topic for kata in catalog.katas for topic in kata.topics})


def has_topic(kata: Kata, topic: str) -> bool:
    """Whether a kata is about a topic, in whichever spelling it was typed: `Linear-algebra`, `linear algebra`."""
    return topic_name(topic) in map(topic_name, kata.topics)


def check_topic(catalog: Catalog, topic: str) -> None:
    """Raise `click.BadParameter`, with the nearest topics, when no kata has this one."""
    if any(has_topic(kata, topic) for kata in catalog.katas):
        return
    topics = topics_of(catalog)
    near = difflib.get_close_matches(topic.lower(), topics, n=3, cutoff=0.6)
    advice = f"did you mean {' or '.join(near)}?" if near else f"topics are {', '.join(topics)}"
    raise click.BadParameter(f"no kata has the topic {topic!r}; {advice}", param_hint="'--topic'")
