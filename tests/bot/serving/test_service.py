"""The generation in use changes between two questions."""

import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from answering.answer import Answer
from answering.followups.turns import Turn
from answering.question import Question
from bot.assembly import OpenIndex
from bot.serving import open_indexes
from bot.serving.open_indexes import SpaceOpener
from bot.serving.scope_documents import Counts, counts
from bot.serving.service import AnswerService
from index.errors import IndexDamagedError, SearchServerError
from index.generation import Generation
from index.store import Collection
from tests.bot.conftest import ARTICLE, opener
from tests.bot.discord_app.crowd import told_apart
from tests.bot.serving.conftest import A, B
from tests.conftest import Library


def test_questions_are_answered_while_generations_change(
    library: Library, service: AnswerService
) -> None:
    stop = threading.Event()
    answers: list[Answer] = []
    errors: list[Exception] = []
    # Each question is written in another way, so that none is answered from memory.
    numbers = itertools.count()

    def ask() -> None:
        while not stop.is_set():
            try:
                question = told_apart("how many for arson", next(numbers))
                answers.append(service.answer(Question(question), (), 4, None))
            except Exception as error:
                errors.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for number in range(8):
            library.write("figures.txt", ARTICLE.replace("812", f"8{number:02}"))
            library.build()
            service.refresh()
    finally:
        stop.set()
        for asker in askers:
            asker.join()

    assert errors == []
    published = {"812", *(f"8{number:02}" for number in range(8))}
    assert {answer.spans[0].text for answer in answers} <= published
    assert service.answer(Question("how many for arson"), (), 0, None).spans[0].text == "807"


def watched(
    library: Library, closed: list[str], answerer: Callable[..., Any] | None = None
) -> SpaceOpener:
    """What opens generations, and notes which of them are closed."""

    def watch(generation: Generation) -> Generation:
        close = generation.close

        def closing() -> None:
            closed.append(f"{generation.collection} {generation.id}")
            close()

        generation.close = closing  # type: ignore[method-assign]
        return generation

    class Watched(Collection):
        def open(self) -> Generation:
            return watch(super().open())

    opening = opener(library)

    def open_base() -> OpenIndex:
        base = opening.open_base()
        watch(base.generation)
        return base

    return replace(
        opening,
        open_base=open_base,
        answerer=answerer or opening.answerer,
        collection=lambda name: Watched(library.collection_named(name).folder),
    )


def test_an_old_generation_is_closed_with_its_last_question(library: Library) -> None:
    library.write("a.txt", ARTICLE)
    library.build()
    closed: list[str] = []
    asked, go_on = threading.Event(), threading.Event()

    class Waiting:
        def answer(
            self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
        ) -> Answer:
            asked.set()
            go_on.wait(30)
            return library.answerer().answer(question, earlier, alternatives)

    service = AnswerService(watched(library, closed, lambda *_: Waiting()))
    first = service.generation
    asker = threading.Thread(
        target=service.answer, args=(Question("how many for arson"), (), 0, None)
    )
    asker.start()
    asked.wait(30)
    library.write("b.txt", "More text.")
    library.build()

    assert service.refresh()
    assert closed == []
    go_on.set()
    asker.join()
    assert closed == [f"base {first}"]
    assert not service.refresh()
    service.close()
    assert len(closed) == 2


# What is said of arson, here or there, now or later.
NUMBERS = ("812", "813", "99", "66", "67")


def answered(service: AnswerService, word: str, scope: str | None) -> str | None:
    answer = service.answer(Question(f"how many for {word}"), (), 4, scope)
    return answer.spans[0].text if answer.spans else None


def test_a_server_is_answered_from_base_and_own_documents(
    service: AnswerService, own: Library
) -> None:
    assert answered(service, "fraud", A) == "55"
    assert answered(service, "arson", A) == "812"


@pytest.mark.parametrize("scope", [None, B])
def test_nobody_else_is_answered_from_them(
    service: AnswerService, own: Library, scope: str | None
) -> None:
    assert answered(service, "fraud", A) == "55"

    answer = service.answer(Question("how many for fraud"), (), 4, scope)
    assert answer.spans == ()
    assert {passage.collection for passage in answer.nearest} == {"base"}
    own.write("rivals.txt", "For arson 99 were counted. For theft 98 were counted.")
    own.build()
    for word in ("arson", "theft"):
        answer = service.answer(Question(f"how many for {word}"), (), 4, scope)
        spans = (*answer.spans, *answer.alternatives)
        assert {span.collection for span in spans} == {"base"}
        here = service.answer(Question(f"how many for {word}"), (), 4, A)
        assert A in {span.collection for span in (*here.spans, *here.alternatives)}


def test_both_documents_of_one_name_answer(service: AnswerService, own: Library) -> None:
    own.write("figures.txt", "For treason 66 were counted.")
    own.build()

    assert answered(service, "treason", A) == "66"
    assert answered(service, "arson", A) == "812"


def test_the_same_question_is_answered_for_each_server_from_its_own_index(
    library: Library, service: AnswerService, own: Library
) -> None:
    own.write("own.txt", "For arson 99 were counted.")
    own.build()
    other = library.other(B)
    other.write("other.txt", "For arson 66 were counted.")
    other.build()

    def found(scope: str | None) -> set[str]:
        answer = service.answer(Question("how many for arson"), (), 4, scope)
        return {span.text for span in (*answer.spans, *answer.alternatives)} & set(NUMBERS)

    for _ in range(2):
        assert found(A) == {"812", "99"}
        assert found(B) == {"812", "66"}
        assert found(None) == {"812"}
    other.write("other.txt", "For arson 67 were counted.")
    other.build()
    assert found(B) == {"812", "67"}
    library.write("figures.txt", ARTICLE.replace("812", "813"))
    library.build()
    service.refresh()

    assert (found(A), found(B), found(None)) == ({"813", "99"}, {"813", "67"}, {"813"})


def test_an_empty_collection_is_no_hindrance(service: AnswerService, own: Library) -> None:
    (own.documents / "own.txt").unlink()
    own.build(may_be_empty=True)

    assert answered(service, "arson", A) == "812"
    assert answered(service, "fraud", A) is None


def test_a_servers_new_generation_is_taken_over_with_the_next_question(
    library: Library, own: Library
) -> None:
    closed: list[str] = []
    service = AnswerService(watched(library, closed))
    first = own.collection.current()
    assert answered(service, "fraud", A) == "55"
    own.write("own.txt", "For fraud 56 were counted.")
    own.build()

    assert answered(service, "fraud", A) == "56"
    assert closed == [f"{A} {first}"]
    own.collection.roll_back()
    assert answered(service, "fraud", A) == "55"
    service.close()


def test_with_a_new_base_a_server_is_answered_from_that(library: Library, own: Library) -> None:
    closed: list[str] = []
    service = AnswerService(watched(library, closed))
    base, first = service.generation, own.collection.current()
    assert answered(service, "arson", A) == "812"
    library.write("figures.txt", ARTICLE.replace("812", "813"))
    library.build()
    service.refresh()

    assert answered(service, "arson", A) == "813"
    assert sorted(closed) == sorted([f"base {base}", f"{A} {first}"])
    service.close()
    assert len(closed) == 4


def damage_current(own: Library) -> None:
    (own.collection.folder / "CURRENT").write_text("../../../etc")


def damage_manifest(own: Library) -> None:
    next(own.collection.folder.glob("generations/*/manifest.json")).write_text("{}")


def damage_texts(own: Library) -> None:
    path = next(own.collection.folder.glob("generations/*/passages.sqlite"))
    path.write_bytes(path.read_bytes()[:-1])


def use_another_encoder(own: Library) -> None:
    own.encoder = replace(own.encoder, sha256="e" * 64)
    own.build()


@pytest.mark.parametrize(
    "damage", [damage_current, damage_manifest, damage_texts, use_another_encoder]
)
def test_a_server_whose_collection_is_broken_is_answered_from_the_base(
    service: AnswerService,
    own: Library,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Library], None],
) -> None:
    caplog.set_level(logging.INFO)
    damage(own)

    if damage is not use_another_encoder:
        # Who asks waits for it to be mended, which here it is not.
        with pytest.raises(IndexDamagedError):
            answered(service, "arson", A)
        assert counts(service, A) == Counts(1, 1)
        assert service.suspects == {A}
        service.acquit(A)
    assert answered(service, "arson", A) == "812"
    assert answered(service, "fraud", A) is None
    assert service.servers.is_broken(A)
    # It is said once, and not with every question.
    broken = [r for r in caplog.records if r.getMessage() == "collection_broken"]
    assert [record.__dict__["quoth_fields"]["collection"] for record in broken] == [A]
    own.encoder = replace(own.encoder, sha256="f" * 64)
    own.build(rebuild=True)
    assert answered(service, "fraud", A) == "55"
    assert not service.servers.is_broken(A)


def test_a_collection_that_breaks_while_it_is_read_is_left_aside(
    library: Library, own: Library
) -> None:
    def answerer(base: OpenIndex, others: Any) -> Any:
        class Breaking:
            def answer(self, *_: object) -> Answer:
                raise OSError("a page of the disk")

        return Breaking() if others else library.answerer(base.generation)

    service = AnswerService(watched(library, [], answerer))

    assert answered(service, "arson", A) == "812"
    assert service.servers.is_broken(A)
    service.close()


def test_a_collection_that_can_not_be_opened_is_tried_again_after_a_while(
    library: Library, own: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, tries = 0.0, 0
    opening = opener(library)

    def answerer(base: OpenIndex, others: Any) -> Any:
        nonlocal tries
        if others:
            tries += 1
            raise OSError(24, "Too many open files")
        return opening.answerer(base, others)

    service = AnswerService(replace(opening, answerer=answerer))
    service.servers._clock = lambda: now
    for _ in range(3):
        assert answered(service, "arson", A) == "812"
    assert tries == 1
    now = open_indexes.BROKEN_S + 1
    assert answered(service, "arson", A) == "812"

    assert tries == 2
    service.close()


def test_so_many_collections_are_open_at_once(
    library: Library, service: AnswerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_indexes, "MAX_OPEN", 2)
    for number in range(4):
        added = library.other(f"server-{number}")
        added.write("own.txt", f"For fraud {number} were counted.")
        added.build()
    closed: list[str] = []
    watching = AnswerService(watched(library, closed))
    for number in (0, 1, 0, 2, 3):
        assert answered(watching, "fraud", f"server-{number}") == str(number)

    assert watching.servers.open_count == 2
    assert [name.split()[0] for name in closed] == ["server-1", "server-0"]
    assert answered(watching, "fraud", "server-1") == "1"
    watching.close()
    assert len(closed) == 6


def test_a_collection_that_nobody_asks_for_is_closed(library: Library, own: Library) -> None:
    closed: list[str] = []
    now = 0.0
    service = AnswerService(watched(library, closed))
    service.servers._clock = lambda: now
    assert answered(service, "fraud", A) == "55"
    now = open_indexes.UNUSED_S - 1
    service.servers.close_unused()
    assert closed == []
    now = open_indexes.UNUSED_S + 1
    service.servers.close_unused()

    assert len(closed) == 1
    assert service.servers.open_count == 0
    assert answered(service, "fraud", A) == "55"
    service.close()


def test_a_server_asks_on_while_its_documents_change(
    library: Library, service: AnswerService, own: Library
) -> None:
    stop = threading.Event()
    seen: set[str | None] = set()
    errors: list[Exception] = []

    def ask() -> None:
        # An answer that is kept takes no time: without a pause, nobody else would get a turn.
        while not stop.wait(0.001):
            try:
                seen.add(answered(service, "fraud", A))
            except Exception as error:
                errors.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for number in range(4):
            own.write("own.txt", f"For fraud 5{number} were counted.")
            own.build()
            library.write("more.txt", f"Another, number {number}.")
            library.build()
            service.refresh()
            own.collection.roll_back()
    finally:
        stop.set()
        for asker in askers:
            asker.join()

    assert errors == []
    assert seen <= {"55", *(f"5{number}" for number in range(4))}
    assert not service.servers.is_broken(A)


def test_a_server_is_not_answered_from_the_base_while_what_searches_its_documents_is_away(
    library: Library,
) -> None:
    library.write("figures.txt", ARTICLE)
    library.build()
    own = library.other("server-1")
    own.write("own.txt", "For fraud 55 were counted.")
    own.build()

    class Away:
        def answer(self, *_: object) -> Answer:
            raise SearchServerError("PostgreSQL is away")

        known = answer

    service = AnswerService(replace(opener(library), answerer=lambda *_: Away()))

    with pytest.raises(SearchServerError):
        service.answer(Question("how many for fraud"), (), 0, "server-1")

    assert not service.servers.is_broken("server-1")
    service.close()


def test_what_was_answered_is_known_where_the_same_documents_are_asked(
    library: Library, service: AnswerService, own: Library
) -> None:
    def known(word: str, scope: str | None) -> Answer | None:
        return service.known(Question(f"how many for {word}"), (), 4, scope)

    assert known("arson", None) is None
    # Nothing of the server's is opened for it.
    assert known("fraud", A) is None
    assert service.servers.open_count == 0
    assert answered(service, "arson", None) == "812"
    assert answered(service, "fraud", A) == "55"
    here = known("fraud", A)
    assert here is not None
    assert here.spans[0].text == "55"
    assert known("fraud", None) is None
    assert known("fraud", B) is None
    # A server without documents is answered from the base, and what the base said is known.
    assert known("arson", B) is not None
    assert known("arson", A) is None

    own.write("own.txt", "For fraud 56 were counted.")
    own.build()
    assert known("fraud", A) is None
    assert answered(service, "fraud", A) == "56"
    service.use_base(A, is_on=False)
    assert known("fraud", A) is None
    service.use_base(B, is_on=False)
    assert known("arson", B) is None
    library.write("figures.txt", ARTICLE.replace("812", "813"))
    library.build()
    service.refresh()
    assert known("arson", None) is None


def test_what_can_not_be_looked_up_is_not_known_but_a_defect_is_no_such_thing(
    library: Library, service: AnswerService, own: Library
) -> None:
    question = Question("how many for fraud")
    assert answered(service, "fraud", A) == "55"
    (own.collection.folder / "CURRENT").write_text("no id")
    assert service.known(question, (), 4, A) is None

    opening = opener(library)

    def broken(name: str) -> Collection:
        if name == A:
            raise TypeError
        return opening.collection(name)

    defective = AnswerService(replace(opening, collection=broken))
    with pytest.raises(TypeError):
        defective.known(question, (), 4, A)
    defective.close()
