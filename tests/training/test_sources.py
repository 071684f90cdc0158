import gzip
import itertools
import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import SourceError
from training.sources import (
    locate,
    locate_all,
    read_passages,
    read_qamr,
    read_squad,
    undo_treebank,
)
from training.workplace import SPLITS


def test_of_equal_answers_the_one_near_the_questions_words_is_meant() -> None:
    filler = "Nothing of note happens on the other days. " * 4
    text = f"The north gate closes at six. {filler}The south gate also closes at six."

    start, _ = locate(text, "six", "when does the south gate close")

    assert start == text.rindex("six")


def test_a_number_is_not_found_inside_another() -> None:
    assert locate("13 boats, 3 crews", "3", "how many boats") == (10, 11)


def test_an_answer_only_inside_a_word_is_still_found() -> None:
    assert locate("a 5km run", "5", "how long is it") == (2, 3)


@pytest.mark.parametrize("answer", ["ten", ""])
def test_a_missing_answer_is_named(answer: str) -> None:
    with pytest.raises(SourceError, match=f"{answer!r} is not in the passage"):
        locate("nine boats", answer, "how many boats")


def test_several_answers_are_found_in_order() -> None:
    text = "Ada met Bo and Cy; Bo met Ada."

    spans = locate_all(text, ["Cy", "Ada"])

    assert [text[start:end] for start, end in spans] == ["Cy", "Ada"]
    assert spans[1][0] > spans[0][1]


def write_split(folder: Path, answer: str) -> None:
    followup = {"first": "who rows?", "q": "where?", "rewrite": "Where does Ada row?", "a": None}
    row = {
        "id": "w1-00",
        "title": "Boats",
        "text": "Ada rows and Bo sails.",
        "qas": [{"q": "who rows", "a": answer}, {"q": "who swims", "a": None}],
        "followups": [followup],
    }
    lists = {"passage": "w1-00", "q": "who are they", "answers": ["Ada", "Bo"]}
    (folder / "dev.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (folder / "lists-dev.jsonl").write_text(json.dumps(lists) + "\n", encoding="utf-8")


def test_passages_are_read_with_their_list_questions(tmp_path: Path) -> None:
    write_split(tmp_path, answer="Ada")

    (passage,) = read_passages("dev", tmp_path)

    assert [question.text for question in passage.questions] == [
        "who rows",
        "who swims",
        "who are they",
    ]
    assert [question.spans for question in passage.questions] == [
        ((0, 3),),
        (),
        ((0, 3), (13, 15)),
    ]
    assert passage.followups[0].elliptical == "where?"
    assert passage.followups[0].spans == ()


@pytest.mark.parametrize(("split", "of"), [("dev", "train"), ("train-2", "dev")])
def test_lists_of_held_out_splits_and_of_others_do_not_mix(
    tmp_path: Path, split: str, of: str
) -> None:
    write_split(tmp_path, answer="Ada")
    (tmp_path / "dev.jsonl").rename(tmp_path / f"{of}.jsonl")
    (tmp_path / "lists-dev.jsonl").rename(tmp_path / f"lists-{split}.jsonl")
    (tmp_path / f"{split}.jsonl").write_text("", encoding="utf-8")

    with pytest.raises(SourceError, match=r"lists-.* no passage 'w1-00' for 'who are they'"):
        read_passages(split, tmp_path)


def test_an_answer_that_is_not_in_its_passage_is_an_error(tmp_path: Path) -> None:
    write_split(tmp_path, answer="Cy")

    with pytest.raises(SourceError, match="'Cy'"):
        read_passages("dev", tmp_path)


@pytest.mark.parametrize("line", [b"<<<<<<< HEAD", b"\xff"])
def test_a_line_that_is_damaged_is_named(tmp_path: Path, line: bytes) -> None:
    write_split(tmp_path, answer="Ada")
    path = tmp_path / "dev.jsonl"
    path.write_bytes(path.read_bytes() + line)

    with pytest.raises(SourceError, match=r"dev\.jsonl, line 2 is not JSON"):
        read_passages("dev", tmp_path)


def test_a_split_needs_no_lists(tmp_path: Path) -> None:
    write_split(tmp_path, answer="Ada")
    (tmp_path / "lists-dev.jsonl").unlink()

    (passage,) = read_passages("dev", tmp_path)

    assert [question.text for question in passage.questions] == ["who rows", "who swims"]


def test_lists_may_be_about_passages_of_other_splits(tmp_path: Path) -> None:
    write_split(tmp_path, answer="Ada")
    (tmp_path / "dev.jsonl").rename(tmp_path / "train.jsonl")
    (tmp_path / "lists-dev.jsonl").rename(tmp_path / "lists-train-2.jsonl")
    other = {"id": "w2-00", "title": "", "text": "Cy swims.", "qas": [], "followups": []}
    (tmp_path / "train-2.jsonl").write_text(json.dumps(other) + "\n", encoding="utf-8")

    own, again = read_passages("train-2", tmp_path)

    assert own.id == "w2-00"
    assert (again.id, again.text) == ("w1-00", "Ada rows and Bo sails.")
    assert [question.text for question in again.questions] == ["who are they"]
    assert again.followups == ()


# Twenty megabytes, which two tests look through.
own_passages = cache(read_passages)


@pytest.mark.parametrize("split", [*SPLITS, "dev", "test"])
def test_our_own_files_can_be_read(split: str) -> None:
    passages = own_passages(split)

    assert len({passage.id for passage in passages}) == len(passages)
    for passage in passages:
        spans = [question.spans for question in passage.questions]
        spans += [followup.spans for followup in passage.followups]
        for start, end in itertools.chain.from_iterable(spans):
            assert 0 <= start < end <= len(passage.text)


def test_the_splits_share_no_passage_but_for_lists() -> None:
    trained = [passage for split in SPLITS for passage in own_passages(split)]
    held_out = [passage for split in ("dev", "test") for passage in own_passages(split)]
    texts: dict[str, str] = {}

    for passage in (*trained, *held_out):
        assert texts.setdefault(passage.id, passage.text) == passage.text
    assert len(set(texts.values())) == len(texts)
    assert not {passage.id for passage in trained} & {passage.id for passage in held_out}


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ("It 's 5 % , he said .", "It's 5%, he said."),
        ("`` Go '' , she said .", '"Go", she said.'),
        ('" Go " , she said .', '"Go", she said.'),
        ("the sea -LRB- or lake -RRB- froze", "the sea (or lake) froze"),
        ("they do n't owe $ 3", "they don't owe $3"),
        ("the Joneses ' either\\/or", "the Joneses' either/or"),
    ],
)
def test_treebank_style_is_undone(tokens: str, sentence: str) -> None:
    assert undo_treebank(tokens.split())[0] == sentence


@given(st.lists(st.sampled_from(["``", "''", '"', "-LRB-", "-RRB-", "n't", ",", "Zürich", "$"])))
def test_every_token_lies_where_it_is_said_to(tokens: list[str]) -> None:
    text, places = undo_treebank(tokens)

    written = [text[start:end] for start, end in places]
    assert len(written) == len(tokens)
    assert "".join(written) == text.replace(" ", "")
    assert "Zürich" not in tokens or "Zürich" in written


def write_qamr(folder: Path) -> None:
    (folder / "wiki-sentences.tsv").write_text(
        "W:1\tAda rowed `` home '' in 1901 .\nW:2\tBo sailed .\n", encoding="utf-8"
    )
    rows = [
        "W:1\t0\t7\t0\t0\tWho rowed?\t0\t8:0\t9:0",
        "W:1\t0\t7\t1\t6\tWhen did she row?\t5 6\t8:5 6\t9:5 6",
        "W:1\t0\t7\t2\t6\tWhere did she row?\t3\t8:3\t9:2 3 4",
        "W:1\t0\t7\t3\t6\tWhat is apart?\t0 6\t8:0 6\t9:0 6",
    ]
    (folder / "dev.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "test.tsv").write_text("", encoding="utf-8")


def test_qamr_questions_are_kept_where_validators_agree_on_one_run_of_words(tmp_path: Path) -> None:
    write_qamr(tmp_path)

    asked, unasked = read_qamr(tmp_path)

    assert asked.text == 'Ada rowed "home" in 1901.'
    answers = {q.text: asked.text[slice(*q.spans[0])] for q in asked.questions}
    assert answers == {"Who rowed?": "Ada", "When did she row?": "in 1901"}
    assert unasked.questions == ()


def test_a_missing_qamr_file_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="julianmichael/qamr"):
        read_qamr(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dev.tsv", "<!DOCTYPE html>\n"),
        # A download that was cut.
        ("dev.tsv", "W:1\t0\t7\t0\t0\tWho rowed?\t0\t8:0\n"),
        ("dev.tsv", "W:1\t0\t7\t0\t0\tWho rowed?\t0\t8:\t9:\n"),
        ("wiki-sentences.tsv", "404: Not Found\n"),
        ("wiki-sentences.tsv", "W:1\tAda rowed\n"),
        ("wiki-sentences.tsv", ""),
    ],
)
def test_a_damaged_qamr_file_is_named(tmp_path: Path, name: str, content: str) -> None:
    write_qamr(tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(SourceError, match=rf"{name} is (damaged|empty).*Get it again"):
        read_qamr(tmp_path)


PARAGRAPHS = [
    {
        "id": f"s{number}",
        "title": title,
        "text": f"Ada rows {title.lower()}. Bo sails to town {number}.",
        "qas": [{"q": "Who rows?", "a": "Ada"}, {"q": "Who swims?", "a": None}],
    }
    for number, title in enumerate(["Boats", "Lakes", "Boats"])
]


def write_squad(folder: Path) -> None:
    """A train split, packed, and dev."""
    lines = "".join(json.dumps(paragraph) + "\n" for paragraph in PARAGRAPHS)
    (folder / "train.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "dev.jsonl").write_text(lines, encoding="utf-8")


@pytest.mark.parametrize("packed", [True, False])
def test_squad_is_read_by_article(tmp_path: Path, *, packed: bool) -> None:
    write_squad(tmp_path)
    if not packed:
        (tmp_path / "train.jsonl.gz").unlink()
        (tmp_path / "dev.jsonl").rename(tmp_path / "train.jsonl")

    articles = read_squad(tmp_path, "train")

    assert [[passage.id for passage in article] for article in articles] == [["s0", "s2"], ["s1"]]
    answered, unanswered = articles[0][0].questions
    assert (answered.text, answered.spans) == ("Who rows?", ((0, 3),))
    assert unanswered.spans == ()


def test_a_missing_squad_says_what_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"nowhere is not there\. .*--squad; .*one paragraph a line"
    ):
        read_squad(tmp_path / "nowhere", "train")
    with pytest.raises(SourceError, match=r"holds no train\.jsonl\.gz or train\.jsonl"):
        read_squad(tmp_path, "train")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"version": "v2.0", "data": []}\n', "line 1 is not one paragraph a line.*id: Field req"),
        (json.dumps(PARAGRAPHS[0]).encode() + b"\nid\ttext\n", "line 2 is not .*Invalid JSON"),
        (json.dumps(PARAGRAPHS[0]).replace('"Ada"', '"Cy"').encode(), "'Cy' is not in the passage"),
        (b"", "dev.jsonl is empty"),
    ],
)
def test_a_squad_of_another_format_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "dev.jsonl").write_bytes(content)

    with pytest.raises(SourceError, match=said):
        read_squad(tmp_path, "dev")


@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_a_cut_download_of_squad_is_named(tmp_path: Path, kept: float) -> None:
    write_squad(tmp_path)
    path = tmp_path / "train.jsonl.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)] or b"not packed")

    with pytest.raises(SourceError, match=r"train\.jsonl\.gz can't be read to its end"):
        read_squad(tmp_path, "train")
