"""The generation in use changes between two questions."""

import threading

from bot.answer import Answer
from bot.discord_app.rendering import DocumentLine
from bot.discord_app.served import Served, Shelf
from tests.bot.discord_app.conftest import ARTICLE
from tests.conftest import Library


def test_questions_are_answered_while_generations_change(library: Library, served: Served) -> None:
    stop = threading.Event()
    answers: list[Answer] = []
    errors: list[Exception] = []

    def ask() -> None:
        while not stop.is_set():
            try:
                answers.append(served.answer("how many for arson", (), 4))
            except Exception as error:
                errors.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for number in range(5):
        library.write("figures.txt", ARTICLE.replace("812", f"81{number}"))
        library.build()
        served.refresh()
    stop.set()
    for asker in askers:
        asker.join()

    assert errors == []
    assert {answer.spans[0].text for answer in answers} <= {f"81{n}" for n in range(5)}
    assert served.answer("how many for arson", (), 0).spans[0].text == "814"


def test_an_old_generation_is_closed_with_its_last_question(library: Library) -> None:
    library.write("a.txt", ARTICLE)
    library.build()
    closed: list[str] = []
    asked, go_on = threading.Event(), threading.Event()

    class Waiting:
        def answer(self, question: str, alternatives: int = 0) -> Answer:
            asked.set()
            go_on.wait(30)
            return library.answerer().answer(question, alternatives)

    def open_shelf() -> Shelf:
        generation = library.open()
        close = generation.close
        generation.close = lambda: (closed.append(generation.id), close())[1]  # type: ignore[method-assign, func-returns-value]
        return Shelf(generation, Waiting())

    served = Served(open_shelf, library.collection.current)
    first = served.generation
    asker = threading.Thread(target=served.answer, args=("how many for arson", (), 0))
    asker.start()
    asked.wait(30)
    library.write("b.txt", "More text.")
    library.build()

    assert served.refresh()
    assert closed == []
    go_on.set()
    asker.join()
    assert closed == [first]
    assert not served.refresh()
    served.close()
    assert len(closed) == 2


def test_documents_are_listed_with_title_and_size(library: Library, served: Served) -> None:
    size = len(ARTICLE.encode())

    assert served.counts() == (1, 1)
    assert served.documents(1, 10) == []
    (line,) = served.documents(0, 10)
    assert line == DocumentLine("figures.txt", line.title, size, None)
