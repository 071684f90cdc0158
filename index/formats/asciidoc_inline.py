"""AsciiDoc within a line: what its reader sees of marks, links, notes and macros."""

import re
from dataclasses import dataclass, field

from index.formats.blocks import as_code

# A name or the text of a link is shorter; what never ends is looked through no further than this.
_TARGET = r"[^\s\[\]<>]{1,300}+"
_SHOWN = r"\[((?:[^\[\]\\]|\\.){0,500}+)\]"
_VALUE = re.compile(r"(\\?)\{([\w-]{1,60})\}")
# What every document may name.
_BUILT_IN = {
    "empty": "",
    "blank": "",
    "sp": " ",
    "nbsp": "\u00a0",
    "plus": "+",
    "asterisk": "*",
    "backtick": "`",
    "tilde": "~",
    "caret": "^",
    "vbar": "|",
    "startsb": "[",
    "endsb": "]",
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "cpp": "C++",
    "two-colons": "::",
    "backslash": "\\",
    "deg": "°",
}
# Most lines hold none of these, and say what they say.
_ANY_MARK = re.compile(r"[`*_#^~+\[({<\\]")
_QUOTES = re.compile(r"([\"'])`([^`\n]{1,500})`\1")
# Text in which no mark counts: code, and what is passed through as it stands.
_LITERAL = re.compile(
    r"``([^`]+)``|(?<![\w\\`])`(?=\S)([^`]{0,500}\S)`(?![\w`])"
    r"|(?<!\+)\+\+\+([^+]+)\+\+\+|(?<![\w\\+])\+(?=\S)([^+]{0,500}\S)\+(?![\w+])"
    r"|\bpass:[\w,]{0,20}" + _SHOWN
)
_FOOTNOTE = re.compile(rf"\s?\bfootnote(?:ref)?:(?:{_TARGET})?{_SHOWN}")
_CROSS_REFERENCE = re.compile(r"<<([^<>,]{1,200})(?:,([^<>]{1,500}))?>>")
_LINK = re.compile(rf"\b(?:(?:link|xref|mailto):|(?=(?:https?|ftp|irc)://))({_TARGET}){_SHOWN}")
_MACRO = re.compile(
    rf"\b(image|icon|indexterm|anchor|kbd|btn|menu|stem|indexterm2):(?!:)({_TARGET})?{_SHOWN}"
)
_INVISIBLE = frozenset({"image", "icon", "indexterm", "anchor"})
_ANCHOR = re.compile(r"\[\[[^\[\]]{1,200}\]\]|\(\(\([^()]{1,200}\)\)\)")
_TERM = re.compile(r"(?<!\()\(\(([^()]{1,200})\)\)(?!\))")
_FORMATTING_MARK = re.compile(r"(\\?)(\*\*?|__?|##?|\^|~)")
# What stands before a marked piece and says how it looks.
_ROLE = re.compile(r"\[[\w.#%-]{1,100}\]")
_MAX_ROLE_CHARS = 100
# A single one of these marks whole words alone.
_BETWEEN_WORDS = frozenset("*_#")
# What a line in brackets says, part by part.
_NAMED = re.compile(
    r"[ \t]*(?:([\w-]{1,40})=(?:\"([^\"]{0,500})\"|([^,]{0,500}))|\"([^\"]{0,500})\"|([^,]+))"
)
_STASHED = re.compile("\0(\\d+)\0")
_HARD_BREAK = re.compile(r"[ \t]\+$", re.MULTILINE)


@dataclass
class Inline:
    """Shows what is written in a document."""

    values: dict[str, str] = field(default_factory=dict)
    """What the document has names for so far."""
    notes: list[str] = field(default_factory=list)
    """The footnotes that came and stand nowhere yet."""

    def shown(self, written: str) -> str:
        """What a reader sees; a line that is broken on purpose stays so, and others are joined."""
        lines = _HARD_BREAK.sub("\0", self.filled(written)).split("\0")
        return "\n".join(filter(None, map(self._line, lines)))

    def one_line(self, written: str) -> str:
        """The same without any break."""
        return " ".join(self.shown(written).split())

    def filled(self, written: str) -> str:
        """What is written with the values of its names, as `{fee}`; unknown ones stay."""

        def value(match: re.Match[str]) -> str:
            name = match[2].lower()
            if match[1]:
                return match[0][1:]
            return self.values.get(name, _BUILT_IN.get(name, match[0]))

        return _VALUE.sub(value, written) if "{" in written else written

    def _line(self, written: str) -> str:
        if not _ANY_MARK.search(written):
            return " ".join(written.split())
        stash: list[str] = []

        def stashed(text: str) -> str:
            stash.append(text)
            return f"\0{len(stash) - 1}\0"

        def restored(text: str) -> str:
            return _STASHED.sub(lambda match: stash[int(match[1])], text)

        def note(match: re.Match[str]) -> str:
            self.notes.append(" ".join(restored(_without_marks(_unescaped(match[1]))).split()))
            return ""

        text = _QUOTES.sub(r'"\2"', " ".join(written.split()))
        text = _LITERAL.sub(lambda match: stashed(_literal(match)), text)
        text = _CROSS_REFERENCE.sub(lambda match: match[2] or match[1].lstrip("#"), text)
        text = _MACRO.sub(_macro, text)
        text = _FOOTNOTE.sub(note, _LINK.sub(_link, text))
        text = _TERM.sub(r"\1", _ANCHOR.sub("", text))
        return " ".join(restored(_without_marks(text)).split())


def style_of(written: str) -> dict[str, str]:
    """What a line in brackets says of the next block: words in order, and words with names."""
    if written.startswith("["):
        return {}
    style: dict[str, str] = {}
    for number, match in enumerate(_NAMED.finditer(written)):
        name, quoted, plain, *words = match.groups()
        if name:
            said = quoted if quoted is not None else plain or ""
            style["options" if name == "opts" else name.lower()] = said.strip()
        elif number == 0:
            # `source%linenums`, `%header`, `quote#id.role`
            word, *options = (words[1] or words[0] or "").split("%")
            style[""] = re.split("[.#]", word.strip())[0]
            style["options"] = ",".join(options)
        elif style.get("") in {"quote", "verse"}:
            name = "attribution" if number == 1 else "citetitle"
            style[name] = (words[0] or words[1] or "").strip()
    return style


def _literal(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code is None:
        return next(group for group in match.groups() if group is not None)
    # `+code+` is code whose marks are none.
    return as_code(code[1:-1] if len(code) > 2 and code[0] == code[-1] == "+" else code)  # noqa: PLR2004


def _macro(match: re.Match[str]) -> str:
    name, target, shown = match[1], match[2] or "", _unescaped(match[3])
    if name in _INVISIBLE:
        return ""
    if name == "menu":
        return " > ".join(filter(None, [target, *(part.strip() for part in shown.split(">"))]))
    return shown or target


def _link(match: re.Match[str]) -> str:
    # A `^` at the end opens another window, and after a comma come other such words.
    shown = _unescaped(match[2]).strip().removesuffix("^")
    if not shown.startswith('"') and "=" in shown:
        shown = ",".join(part for part in shown.split(",") if "=" not in part)
    return shown.strip('"') or match[1]


def _unescaped(text: str) -> str:
    return text.replace("\\]", "]")


def _without_marks(text: str) -> str:
    """Leave out marks that stand in pairs around something; others are what they are."""
    opened: dict[str, re.Match[str]] = {}
    left_out: list[tuple[int, int]] = []
    for match in _FORMATTING_MARK.finditer(text):
        start, end = match.span()
        if match[1]:
            left_out.append((start, start + 1))
            continue
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        opening = opened.pop(match[2], None)
        if opening and opening.end() < start and _may_stand(match, before, after):
            left_out += [_with_role(text, opening), match.span()]
        elif _may_stand(match, after, before):
            opened[match[2]] = match
        elif opening:
            opened[match[2]] = opening
    pieces, at = [], 0
    for start, end in sorted(left_out):
        pieces.append(text[at:start])
        at = end
    return "".join([*pieces, text[at:]])


def _may_stand(mark: re.Match[str], inside: str, outside: str) -> bool:
    """Whether a mark may begin or end a piece, by the characters on both sides of it."""
    is_within_word = outside.isalnum() or outside == "_"
    return inside.strip() != "" and not (mark[2] in _BETWEEN_WORDS and is_within_word)


def _with_role(text: str, opening: re.Match[str]) -> tuple[int, int]:
    """Where an opening mark stands, with what says how its piece looks."""
    start, end = opening.span()
    role = text.rfind("[", max(0, start - _MAX_ROLE_CHARS), start)
    if role >= 0 and _ROLE.fullmatch(text, role, start):
        start = role
    return start, end
