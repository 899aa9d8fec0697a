"""Figures of matplotlib as SVG that sits inside a page: its colours are the page's, and it makes no requests.

matplotlib is the extra `charts`. It is used without pyplot, so that no state is shared, and without the user's settings: the
same chart gives the same bytes.
"""

from __future__ import annotations

import html
import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.core.errors import KataError

_SETTINGS = {
    "svg.hashsalt": "kata",  # ids would be random otherwise
    "svg.fonttype": "none",  # text stays text, in the page's font
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
}
COLORS = {
    "ink": "#0000a0",
    "soft": "#0000a1",
    "line": "#0000a2",
    "card": "#0000a3",
    "passed": "#0000a4",
    "failing": "#0000a5",
    "set-a": "#0000b0",
    "set-b": "#0000b1",
    "set-c": "#0000b2",
    "set-d": "#0000b3",
    "heat-0": "#0000c0",
    "heat-1": "#0000c1",
    "heat-2": "#0000c2",
    "heat-3": "#0000c3",
    "heat-4": "#0000c4",
}
"""What a chart is drawn with, by name; in the page each becomes the CSS variable of that name."""


class ChartsMissingError(KataError):
    """matplotlib is not installed."""


@dataclass(slots=True)
class Canvas:
    """One figure while it is drawn. Colours are named as in `COLORS`."""

    axes: Any
    tips: list[str] = field(default_factory=list)

    def tip(self, artist: Any, text: str) -> None:
        """Say `text` when a pointer rests on `artist`."""
        self.tips.append(text)
        artist.set_gid(f"tip-{len(self.tips)}")


def draw(name: str, label: str, size: tuple[float, float], paint: Callable[[Canvas], None]) -> str:
    """An `<svg>` element of `size` (width and height in inches), which `paint` draws.

    `name` must be unique in the page; `label` says what the chart shows to those who cannot see it. Raises
    `ChartsMissingError`.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ChartsMissingError(
            f"the page's charts need a library that is not installed: {error.name or error}",
            hint="in the checkout: pip install -e '.[charts]'",
        ) from error
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its messages about fonts are of no use here
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        for setting in ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"):
            mpl.rcParams[setting] = COLORS["ink"]
        for setting in ("axes.edgecolor", "xtick.color", "ytick.color"):
            mpl.rcParams[setting] = COLORS["soft"]
        figure = Figure(figsize=size, layout="constrained")
        canvas = Canvas(figure.subplots())
        paint(canvas)
        out = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    return _inline(out.getvalue(), name, label, canvas.tips)


def _inline(text: str, name: str, label: str, tips: list[str]) -> str:
    """The element as it may stand in a page beside others."""
    text = text[text.index("<svg") :]
    view = re.search(r'viewBox="[^"]*"', text)
    text = text[text.index(">") + 1 :]
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'(?<=\s)id="', f'id="{name}-', text)  # ids are the whole page's
    text = text.replace('xlink:href="#', f'href="#{name}-').replace("url(#", f"url(#{name}-")
    for number, tip in enumerate(tips, 1):
        mark = f'<g id="{name}-tip-{number}">'
        text = text.replace(mark, f"{mark}<title>{html.escape(tip)}</title>", 1)
    text = re.sub(r"font-family:[^;\"]*;? ?", "", text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", text)  # as matplotlib before 3.10 has it
    names = {color: f"var(--{role})" for role, color in COLORS.items()}
    text = re.sub(r"#0000[abc]\d", lambda found: names.get(found[0], found[0]), text).strip()
    return f'<svg {view[0] if view else ""} role="img" aria-label="{html.escape(label)}">{text}'
