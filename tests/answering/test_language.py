"""Questions that are not in English are told so, and no English one ever is."""

import json

import pytest

from answering.language import is_foreign
from answering.question import Question, QuestionError
from tests.conftest import ROOT


@pytest.mark.parametrize(
    "question",
    [
        "Wie viele Menschen wurden abgeschoben?",
        "Was ist das?",
        "Kann ich hier parken?",
        "Combien de personnes ont été expulsées ?",
        "Qui est John Morton ?",
        "Quel est le club dont le président est parti ?",
        "¿Cuántas personas fueron deportadas?",
        "cuantos fueron deportados por homicidio",
        "Quante persone sono state espulse?",
        "Quantas pessoas foram deportadas?",
        "Hoeveel mensen werden uitgezet?",
        "Сколько человек было депортировано?",
        "有多少人被驱逐出境？",
        "كم عدد الأشخاص الذين تم ترحيلهم",
    ],
)
def test_a_question_in_another_language_is_told_so_in_one_sentence(question: str) -> None:
    assert is_foreign(question)
    with pytest.raises(QuestionError, match=r"^[^.]*English[^.]*\.$"):
        Question.typed(question, 100)


@pytest.mark.parametrize(
    "question",
    [
        "La Casa de Papel cast",
        "who wrote Der Spiegel und die Wahrheit",
        "Que Sera Sera",
        "Les Misérables price",
        "how old is Никита Хрущёв",
        "Никита Хрущёв",
        "李明",
        "El Niño",
        "die hard",
        "and in Baden-Württemberg?",
        "and if i wear a hat",
        "wat frequency is caroline on now",
        "opening hours",
        "",
    ],
)
def test_names_of_other_languages_do_not_make_a_question_foreign(question: str) -> None:
    assert not is_foreign(question)


def test_no_question_that_quoth_was_measured_with_is_taken_for_foreign() -> None:
    questions = []
    for name in ("dev.jsonl", "test.jsonl"):
        for line in (ROOT / "training" / "data" / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            questions += [qa["q"] for qa in row["qas"]]
            questions += [one["q"] for one in row.get("followups", [])]

    assert len(questions) > 2_000
    assert [question for question in questions if is_foreign(question)] == []
