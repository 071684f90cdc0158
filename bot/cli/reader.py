"""`quoth reader`: other models that find the answers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import failures_shown, say_notice, settings_from, settings_options
from bot.cli.eval import say_misfits
from bot.cli.output import say, say_json
from bot.cli.reporters import ConsoleReporter
from prompts import render

if TYPE_CHECKING:
    from bot.added_readers import AddedReaders
    from bot.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("reader")
def command() -> None:
    """
    Add other readers, and choose the one that answers.

    A reader is made from any extractive question-answering model of transformers. It runs without
    torch, in int8 where that costs little, with a confidence of its own. It lies in the data
    folder, and answers everywhere once `quoth reader use` chose it.
    """


@command.command("add")
@click.argument("model", metavar="MODEL")
@click.option("--name", metavar="NAME", help="What to call it.  [default: the model's last name]")
@click.option(
    "--calibrate",
    "questions",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="Measure, calibrate and tune it on these questions, in the format of quoth eval, instead "
    "of a part of those that come with Quoth. May be repeated.",
)
@settings_options("data", "encoder")
def add(*, model: str, name: str | None, questions: tuple[Path, ...], **given: object) -> None:
    """
    Make a reader of MODEL.

    MODEL is a folder, or a model of the Hugging Face hub as owner/model@COMMIT. That takes some
    minutes, and longer for a larger model, which is converted, made int8 unless that costs too
    much, measured beside the reader that comes with Quoth, calibrated and tuned.
    """
    settings = settings_from(**given)
    with failures_shown():
        from bot.added_readers import AddedReaders

        called = name or _name_of(model)
        # Before the minutes that all else takes.
        AddedReaders(settings.readers).check_free(called)
        from bot.readers.making import add_reader
        from bot.torch_readers import find_reader

        reporter = ConsoleReporter()
        try:
            folder = find_reader(model)
            made = add_reader(
                folder, model, called, questions, settings=settings, reporter=reporter
            )
        finally:
            reporter.finish()
    say(render("reader_added.txt", name=called, card=made.card))
    say_misfits(made.misfits)
    say_notice(made.doubts)


def _name_of(model: str) -> str:
    """The last part of a model's name or path, in the letters that a name may have."""
    from index.files import real_path

    # In a path, "@" is a letter like others.
    last = real_path(Path(model if Path(model).is_dir() else model.partition("@")[0])).name.lower()
    return re.sub(r"[^a-z0-9_-]+", "-", last).strip("-_")[:64]


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options("data")
def list_readers(*, as_json: bool, **given: object) -> None:
    """List the readers that there are."""
    from bot.chosen_reader import reader_name
    from reader import SHIPPED_READER

    settings, added = _opened(given)
    with failures_shown():
        used = reader_name(settings)
        cards = {name: added.card(name) for name in added.names()}
    if as_json:
        readers = {name: card.model_dump(mode="json") for name, card in cards.items()}
        say_json({"used": used, "added": readers})
    else:
        say(
            render(
                "readers.txt",
                shipped=SHIPPED_READER,
                used=used,
                is_set=settings.reader is not None,
                cards=cards,
            )
        )


@command.command("use")
@click.argument("name", metavar="NAME")
@settings_options("data")
def use(*, name: str, **given: object) -> None:
    """
    Answer with the reader NAME from now on.

    "quoth" is the one that comes with Quoth.
    """
    settings, added = _opened(given)
    with failures_shown():
        added.use(name)
    say(render("reader_used.txt", name=name, set_reader=settings.reader))


@command.command("remove")
@click.argument("name", metavar="NAME")
@settings_options("data")
def remove(*, name: str, **given: object) -> None:
    """Delete the added reader NAME."""
    settings, added = _opened(given)
    with failures_shown():
        was_used = added.used == name
        added.remove(name)
    say(render("reader_removed.txt", name=name, was_used=was_used, set_reader=settings.reader))


def _opened(given: Mapping[str, object]) -> "tuple[Settings, AddedReaders]":
    from bot.added_readers import AddedReaders

    settings = settings_from(**given)
    return settings, AddedReaders(settings.readers)
