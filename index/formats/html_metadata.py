"""What a page says of itself: its title and its date."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from index.formats.dates import parse_date
from index.formats.html_elements import SPACE

_DATE_FIELDS = frozenset(
    [
        "article:published_time",
        "created",
        "date",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "dcterms.date",
        "dcterms.issued",
        "datepublished",
        "og:article:published_time",
        "parsely-pub-date",
        "pubdate",
        "publish-date",
        "publishdate",
        "sailthru.date",
    ]
)
# More than a page has; the others are looked at no more.
_MAX_STATED_DATES = 100


def title_of(root: Any) -> str | None:
    """The title of a page, in one line."""
    element = next(root.iter("title"), None)
    return None if element is None else SPACE.sub(" ", "".join(element.itertext())).strip()


def stated_date_of(root: Any, main: Any) -> date | None:
    """The date that a page states as its own, if any; `main` is the element of its text."""
    for stated in islice(_dates_in_metadata(root, main), _MAX_STATED_DATES):
        if found := parse_date(stated):
            return found
    return None


def _dates_in_metadata(root: Any, main: Any) -> Iterator[str]:
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name.lower() in _DATE_FIELDS:
            yield element.get("content") or ""
    for element in root.iter("script"):
        if element.get("type") == "application/ld+json":
            yield from _dates_in_linked_data(element.text or "")
    for element in main.iter("time"):
        if element.get("pubdate") is not None or element.get("itemprop") == "datePublished":
            yield element.get("datetime") or ""
    # The first time that an article's own header gives.
    for header in main.iter("header"):
        for element in header.iter("time"):
            yield element.get("datetime") or ""


def _dates_in_linked_data(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    values = [value]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            if isinstance(value.get("datePublished"), str):
                yield value["datePublished"]
            values += value.get("@graph") or []
        elif isinstance(value, list):
            values += value
