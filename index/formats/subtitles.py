"""VTT and SRT: what is said, with the times at which it is said."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from itertools import groupby, takewhile
from operator import itemgetter

from index.errors import DocumentError
from index.formats.base import Loaded, Place
from index.formats.blocks import Blocks, titled
from index.formats.charsets import decode

# WebVTT ends a cue at a blank line, and remarks stand below; players show SRT up to the next times.
_SRT = ".srt"
_WEBVTT = "WEBVTT"
_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?[ \t]{1,9}([^<>\n]{1,100})>")
# Whoever speaks, as programs for meetings write it at the head of a cue.
_NAMED = re.compile(r"((?![a-z])[^\W\d_][^:\n]{0,59}):[ \t]+(?=\S)")
# Where fewer cues begin so, a colon is one of a sentence, and "Remember:" names nobody.
_MIN_NAMED_SHARE = 0.5
_MIN_NAMES = 2
_TAG = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
# What is said after a longer silence, or is this long already where a sentence ends, begins a
# paragraph.
_SILENCE_S = 3.0
_PARAGRAPH_CHARS = 500
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class _Cue:
    """What is shown at once."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    """Without those that were shown before."""
    speaker: str


def load_subtitles(suffix: str, content: bytes) -> Loaded:
    """Read subtitles; what is said stands in paragraphs, and a place is the time of a cue."""
    blocks = Blocks("time")
    paragraph: list[_Cue] = []
    text = decode(content)
    # Whatever its name is, it says itself that it is the other format.
    has_blanks = suffix == _SRT and not text.startswith(_WEBVTT)
    cues = list(_cues(text, has_blanks=has_blanks))
    for cue in _with_speakers(cues):
        if paragraph and _begins_paragraph(paragraph, cue):
            blocks.add_whole(_joined(paragraph))
            paragraph = []
        if cue.lines:
            paragraph.append(cue)
    if not cues:
        raise DocumentError("it holds no subtitles (no line with times, such as 00:01:05.000 -->)")
    blocks.add_whole(_joined(paragraph))
    # What is said first is no title.
    return titled(blocks.loaded(), None)


def _cues(text: str, *, has_blanks: bool) -> Iterator[_Cue]:
    """The cues of a text, within which blank lines may stand."""
    times: re.Match[str] | None = None
    lines: list[str] = []
    before: tuple[str, ...] = ()
    for line in [*text.split("\n"), "", "00:00.000 --> 00:00.000"]:
        found = _TIMES.match(line)
        if found is None:
            lines.append(line)
            continue
        if times is not None:
            cues, before = _shown(times, _said(lines, has_blanks=has_blanks), before)
            yield from cues
        times, lines = found, []


def _said(lines: list[str], *, has_blanks: bool) -> list[str]:
    """What stands between the times of a cue and those of the next, of whose name or number too."""
    # That stands in the line above the times.
    has_name = bool(lines) and bool(lines[-1].strip())
    if not has_blanks:
        return list(takewhile(str.strip, lines[:-1] if has_name else lines))
    said = [number for number, line in enumerate(lines) if line.strip()]
    if said and (has_name or _is_number(lines, said[-1])):
        said.pop()
    return [lines[number] for number in said]


def _is_number(lines: list[str], at: int) -> bool:
    """Whether a line is the number of a cue: where all lines are broken twice, or at the end."""
    return at > 0 and not lines[at - 1].strip() and lines[at].strip().isdecimal()


def _shown(
    times: re.Match[str], lines: list[str], before: tuple[str, ...]
) -> tuple[list[_Cue], tuple[str, ...]]:
    """What is shown at once, a cue for each who speaks, and all of its lines."""
    shown: list[tuple[str, str]] = []
    wholes: list[str] = []
    speaker = ""
    for line in lines:
        wholes.append(_plain(line))
        said, *others = _VOICE.split(line)
        for name, part in zip([speaker, *others[::2]], [said, *others[1::2]], strict=True):
            speaker = " ".join(name.split())
            words = _plain(part)
            # A dash before a tag is none of what is said.
            is_said = any(map(str.isalnum, words)) if others else bool(words)
            # Captions that roll show each line again below the next one.
            if is_said and wholes[-1] not in before:
                shown.append((speaker, words))
    start_s, end_s = _seconds(times, 1), _seconds(times, 5)
    cues = [
        _Cue(start_s, end_s, tuple(words for _, words in said), name)
        for name, said in groupby(shown, key=itemgetter(0))
    ]
    return cues or [_Cue(start_s, end_s, (), speaker)], tuple(wholes)


def _plain(text: str) -> str:
    """A text without its marks, in one line."""
    return " ".join(unescape(_TAG.sub("", text)).split())


def _with_speakers(cues: list[_Cue]) -> list[_Cue]:
    """
    Take the names of speakers off the heads of cues, if at least half of the cues have one.

    Each of at least two names has to come again after another one. A cue without a name belongs to
    the speaker before it. Where a tag names a speaker, or a name stands within a cue, all cues stay
    as they are.
    """
    heads = [_NAMED.match(cue.lines[0]) if cue.lines else None for cue in cues]
    said = [match[1] for match in heads if match]
    # People take turns; cues in a row that begin alike may be rules ("Remember: ...").
    turns = Counter(name for name, _ in groupby(said))
    names = {name for name, times in turns.items() if times > 1}
    is_other = any(cue.speaker or any(map(_NAMED.match, cue.lines[1:])) for cue in cues)
    is_rare = sum(name in names for name in said) < _MIN_NAMED_SHARE * len(cues)
    if is_other or is_rare or len(names) < _MIN_NAMES:
        return cues
    found = []
    speaker = ""
    for cue, match in zip(cues, heads, strict=True):
        lines = cue.lines
        if match:
            speaker = match[1] if match[1] in names else ""
            lines = (lines[0][match.end() if speaker else 0 :], *lines[1:])
        found.append(replace(cue, speaker=speaker, lines=lines))
    return found


def _seconds(times: re.Match[str], first: int) -> float:
    hours, minutes, seconds, rest = (times[first + place] or "0" for place in range(4))
    whole = 3600 * int(hours) + 60 * int(minutes) + int(seconds)
    return whole + float(f"0.{rest}")


def _begins_paragraph(paragraph: list[_Cue], cue: _Cue) -> bool:
    last = paragraph[-1]
    length = sum(len(line) for each in paragraph for line in each.lines)
    ends_sentence = _SENTENCE_END.search(last.lines[-1]) is not None
    return (
        cue.speaker != last.speaker
        or cue.start_s - last.end_s > _SILENCE_S
        or (length >= _PARAGRAPH_CHARS and ends_sentence)
        or length >= 4 * _PARAGRAPH_CHARS
    )


def _joined(paragraph: list[_Cue]) -> Loaded:
    """One text of what is said in a row, and where in it each cue begins."""
    if not paragraph:
        return Loaded("")
    text = f"{paragraph[0].speaker}: " if paragraph[0].speaker else ""
    starts: list[tuple[int, str]] = []
    for number, cue in enumerate(paragraph):
        starts.append((len(text) if number else 0, _clock(cue.start_s)))
        text += f"{' '.join(cue.lines)} "
    text = text.rstrip()
    ends = [*(start for start, _ in starts[1:]), len(text)]
    places = tuple(
        Place(start, end, "time", name) for (start, name), end in zip(starts, ends, strict=True)
    )
    return Loaded(text, places=places)


def _clock(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}"
