"""The elements of a page: which of them are blocks, which are never read, and what one says."""

import re
from typing import Any

from lxml import etree

from index.formats.blocks import CODE_BEGINS, CODE_ENDS, raised

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
LISTS = frozenset({"ul", "ol", "dl"})
ITEMS = frozenset({"li", "dt", "dd"})
CELLS = frozenset({"td", "th"})
CODE = frozenset({"code", "kbd", "samp", "tt"})
BREAKS = BLOCKS | {"br"}
# Never read, wherever they are.
_UNREAD = frozenset(
    [
        "canvas",
        "datalist",
        "head",
        "iframe",
        "input",
        "link",
        "map",
        "math",
        "meta",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
    ]
)
# Seldom part of what a page says.
_SILENT = _UNREAD | {"aside", "button", "dialog", "form", "nav"}
_SILENT_ROLES = frozenset(
    [
        "alert",
        "banner",
        "complementary",
        "contentinfo",
        "dialog",
        "menu",
        "menubar",
        "navigation",
        "search",
        "toolbar",
    ]
)
# Whole words of an element's classes and id.
_SILENT_NAMES = frozenset(
    [
        "ad",
        "ads",
        "advert",
        "advertisement",
        "breadcrumb",
        "breadcrumbs",
        "cookie",
        "cookies",
        "cookie-banner",
        "menu",
        "nav",
        "navbar",
        "navigation",
        "pagination",
        "related",
        "related-posts",
        "share",
        "sharing",
        "sidebar",
        "site-footer",
        "site-header",
        "skip-link",
        "social",
        "social-links",
        "toc",
    ]
)
# What EPUB calls an element.
_KIND = "epub:type"
# Names of an `aside` that says something to whoever reads the text: "note", "alert-warning",
# "callout-tip", "doc-aside--hint". A name that is longer otherwise is that of something else.
_NOTE_NAME = re.compile(
    r"(?:(?:admonition|alert|callout|doc)[-_]|.*--)?"
    r"(?:admonition|callout|caution|hint|info|note|tip|warning|(?:foot|end|rear)note)"
    r"(?:[-_](?:block|box))?"
)
# Parts of names of an `aside` that is none, whatever its other names are.
_OTHER_ASIDES = frozenset(
    [
        *("ad", "ads", "author", "bio", "cookie", "cookies", "jar", "link", "links", "list"),
        *("menu", "nav", "newsletter", "promo", "related", "release", "share", "sharing"),
        *("sidebar", "signup", "social", "subscribe", "teaser", "toc", "widget"),
    ]
)
# What leads to a heading or back to a note says no more, with or without a variation selector.
_ANCHOR_MARKS = frozenset("¶#§🔗↩↑\ufe0e\ufe0f")
# What leads to a note, raised: "1", "[2]", "*".
_REFERENCE = re.compile(r"\[?(?:(?:note )?\d{1,3}|[a-z]|[*†‡])\]?", re.IGNORECASE)
_PART_OF_NAME = re.compile(r"[a-z]+")
SPACE = re.compile(r"[ \t\r\f\v\n]+")
# Code without text leaves an empty cell empty.
_BLANK_CODE = re.compile(f"{CODE_BEGINS}([ \t\r\f\v\n]*+){CODE_ENDS}")
# White space on both sides of marks of code is one space of what is shown.
_SPACE_BEHIND_MARKS = re.compile(f"(?<![^ ])([{CODE_BEGINS}{CODE_ENDS}]++) ")


def one_line(text: str) -> str:
    """A text as a browser shows it in a line, with the marks of its code."""
    shown = SPACE.sub(" ", _BLANK_CODE.sub(r"\1", text))
    return _SPACE_BEHIND_MARKS.sub(r"\1", shown).strip()


def text_length(element: Any) -> int:
    """How many characters of text an element has, spaces between words counting once."""
    return sum(len(SPACE.sub(" ", text)) for text in element.itertext() if not text.isspace())


def is_unread(element: Any) -> bool:
    """Whether nobody sees an element, it holds no text, or it is a mark to link to by."""
    is_text = isinstance(element.tag, str) and element.tag not in _UNREAD
    is_link = element.tag == "a"
    return (
        not is_text
        or is_hidden(element)
        or (is_link and (_is_anchor(element) or _is_reference(element)))
    )


def _is_reference(link: Any) -> bool:
    """Whether a link is the raised mark that leads to a note."""
    if "#" not in (link.get("href") or ""):
        return False
    said = _text(link)
    parent, inner = link.getparent(), link.find(".//sup")
    is_raised = (parent is not None and parent.tag == "sup") or (
        inner is not None and _text(inner) == said
    )
    is_marked = is_raised or link.get(_KIND) == "noteref"
    return is_marked and _REFERENCE.fullmatch(said) is not None


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def text_at_start(element: Any, before: str) -> str:
    """The text at the beginning of an element, with what stands before it known."""
    text = element.text or ""
    return raised(text, before) if element.tag == "sup" else text


def _is_anchor(element: Any) -> bool:
    """Whether a link is the mark that leads to a heading or back to a note: "¶", "#", "↩"."""
    return (
        "#" in (element.get("href") or "")
        and _ANCHOR_MARKS.issuperset(_text(element))
        and element.find(".//code") is None
    )


def is_silent(element: Any) -> bool:
    """Whether an element is no part of what its page says, by its tag, its role or its names."""
    tag = element.tag
    if is_unread(element) or (
        tag in _SILENT and not (is_note(element) or _is_around_page(element))
    ):
        return True
    if element.get("role") in _SILENT_ROLES:
        return True
    # The header of a page is its banner; that of an article or a section holds its title.
    if tag in {"header", "footer"} and not (_is_inside_article(element) or _is_title(element)):
        return True
    is_page = tag in {"html", "body", "main", "article"}
    return not is_page and not _SILENT_NAMES.isdisjoint(names_of(element).split())


def is_contents(element: Any) -> bool:
    """Whether an element is the table of contents of its own page."""
    return "toc" in names_of(element).split() and not any(
        not (link.get("href") or "#").startswith("#") for link in element.iter("a")
    )


def is_note(element: Any) -> bool:
    """Whether an element is an `aside` as guides have them for notes, tips and warnings."""
    if element.tag != "aside":
        return False
    names = f"{names_of(element)} {element.get('role') or ''} {element.get(_KIND) or ''}"
    is_other = not _OTHER_ASIDES.isdisjoint(_PART_OF_NAME.findall(names))
    return not is_other and any(map(_NOTE_NAME.fullmatch, names.split()))


def names_of(element: Any) -> str:
    """The classes and the id of an element."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".lower()


def _is_around_page(element: Any) -> bool:
    """Whether an element is a form around a page's title and text, as ASP.NET makes them."""
    return element.tag == "form" and element.find(".//h1") is not None


def is_hidden(element: Any) -> bool:
    """Whether nobody sees an element."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def _is_inside_article(element: Any) -> bool:
    return any(True for _ in element.iterancestors("article", "main"))


def _is_title(element: Any) -> bool:
    """Whether an element is the header of a section, such as a chapter of a book."""
    is_inside = next(element.iterancestors("section"), None) is not None
    return element.tag == "header" and is_inside and next(element.iter(*HEADINGS), None) is not None


def visible_text(element: Any) -> str:
    """The text of an element in one line with marks of code, whatever its classes and links are."""
    parts: list[str] = []
    silent_depth = 0
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        is_inside = inner is not element
        if event == "start":
            if silent_depth or (is_inside and is_silent(inner)):
                silent_depth += 1
            else:
                parts.append(" " if inner.tag in BREAKS else "")
                parts.append(CODE_BEGINS if inner.tag in CODE else "")
                # Some of the last parts are empty.
                parts.append(
                    text_at_start(inner, "".join(parts[-9:]) if inner.tag == "sup" else "")
                )
            continue
        if silent_depth:
            silent_depth -= 1
        else:
            parts.append(CODE_ENDS if inner.tag in CODE else "")
            parts.append(" " if inner.tag in BREAKS else "")
        if not silent_depth and is_inside:
            parts.append(inner.tail or "")
    return one_line("".join(parts))
