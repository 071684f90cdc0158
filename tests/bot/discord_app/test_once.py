"""What is begun once."""

from bot.discord_app.once import Once


def test_what_was_begun_is_not_begun_again_unless_it_is_taken_back() -> None:
    once = Once(10)

    assert [once.begin(1), once.begin(1), once.begin(2)] == [True, False, True]
    once.take_back(1)
    once.take_back(3)
    assert [once.begin(1), once.begin(2)] == [True, False]


def test_the_oldest_are_forgotten() -> None:
    once = Once(2)
    for one in (1, 2, 3):
        once.begin(one)

    assert [once.begin(3), once.begin(2), once.begin(1)] == [False, False, True]
