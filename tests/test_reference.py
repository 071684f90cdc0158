"""The pages that are made from the code say what the code says now."""

import pytest

from docs.reference import HOME, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_made_from_the_code_is_current(name: str) -> None:
    assert (HOME / name).read_text(encoding="utf-8") == PAGES[name](), "Run: make docs"


def test_a_setting_is_described_by_the_name_and_the_values_that_one_sets() -> None:
    page = PAGES["settings.md"]()

    assert (
        "| `QUOTH_COOLDOWN_S` | `20` | a number above 0 "
        "| The seconds for which `QUOTH_COOLDOWN_QUESTIONS` counts. |\n"
    ) in page
    assert "| `DISCORD_TOKEN` | none | text, shown nowhere |" in page
    assert "| `QUOTH_NODES` | none | words, with commas between them |" in page
    assert "| `QUOTH_PASSAGES` | `5` | a whole number from 1 to 50 |" in page


def test_a_subcommand_stands_below_its_group() -> None:
    page = PAGES["commands.md"]()

    assert page.index("\n## quoth index\n") < page.index("\n## quoth index search\n")
    assert "\n    quoth index search [OPTIONS] WORDS\n" in page
    assert "\n- `-k N`: Show the best N passages." in page
