"""Every setting, from wherever it comes; and names that are none."""

import os
import threading
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings, split_token


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_defaults_work_with_nothing_set() -> None:
    settings = load_settings()

    assert settings.seeds == Path("seeds")
    assert settings.base_collection == Path("data/collections/base")


def test_an_argument_beats_the_environment_which_beats_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("QUOTH_PASSAGES=7\nQUOTH_THREADS=3\nQUOTH_SEEDS=in-file\nOTHER=1\n")
    monkeypatch.setenv("QUOTH_THREADS", "4")
    monkeypatch.setenv("QUOTH_SEEDS", "in-environment")

    settings = load_settings(seeds=Path("given"), data=None)

    assert (settings.passages, settings.threads, settings.seeds) == (7, 4, Path("given"))


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("QUOTH_DATA=\n")
    monkeypatch.setenv("QUOTH_SEEDS", "")

    settings = load_settings()

    assert (settings.seeds, settings.data) == (Path("seeds"), Path("data"))


def test_a_folder_may_be_named_from_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    Path(".env").write_text("QUOTH_SEEDS=~/notes\n")

    settings = load_settings(data=Path("~/quoth/data"))

    assert (settings.seeds, settings.data) == (Path("/home/me/notes"), Path("/home/me/quoth/data"))
    assert load_settings(seeds=Path("~nobody-of-that-name/x")).seeds.parts[0][0] == "~"


def test_of_a_name_in_two_cases_the_last_counts() -> None:
    Path(".env").write_text("QUOTH_SEEDS=first\nquoth_seeds=second\n")

    assert load_settings().seeds == Path("second")


def test_a_pipe_is_read_as_a_file_of_settings_is() -> None:
    os.mkfifo(".env")
    writer = threading.Thread(target=lambda: Path(".env").write_text("QUOTH_SEEDS=piped\n"))
    writer.start()

    assert load_settings().seeds == Path("piped")
    writer.join()


@pytest.mark.parametrize(
    ("seeds", "data", "overlap"),
    [
        ("seeds", "data", None),
        (".", "data", "data_in_seeds"),
        ("seeds", ".", "seeds_in_data"),
        ("seeds", "seeds/data", "data_in_seeds"),
        ("data/seeds", "data", "seeds_in_data"),
        ("data-of-mine", "data", None),
        ("elsewhere", "data", "data_in_seeds"),
    ],
)
def test_it_is_known_which_folder_holds_the_other(
    seeds: str, data: str, overlap: str | None
) -> None:
    Path("elsewhere").symlink_to(".")

    assert load_settings(seeds=Path(seeds), data=Path(data)).overlap == overlap


@pytest.mark.parametrize(
    "seeds", ["data", "./data/", "link", "data/collections", "data/collections/server-1/documents"]
)
def test_what_servers_have_added_is_never_everybody_s(seeds: str) -> None:
    Path("data").mkdir()
    Path("link").symlink_to("data")

    with pytest.raises(SettingsError, match="where Quoth keeps its own data"):
        load_settings(seeds=Path(seeds), data=Path("data"))


def test_a_link_that_leads_to_itself_is_left_to_whoever_opens_it() -> None:
    Path("loop").symlink_to("loop")

    for folders in ({"seeds": Path("loop")}, {"data": Path("loop/data")}):
        assert load_settings(**folders).overlap is None


def test_where_the_folder_that_one_works_in_is_gone_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    Path("../gone").rmdir()

    with pytest.raises(SettingsError, match="The current folder is gone"):
        load_settings()


def test_a_folder_of_data_that_no_index_can_be_in_is_refused() -> None:
    with pytest.raises(SettingsError, match="its path is not UTF-8"):
        load_settings(data=Path(os.fsdecode(b"caf\xe9/data")))


def test_files_that_windows_wrote_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfQUOTH_SEEDS=first\r\nQUOTH_DATA=second\r\n")
    Path("token").write_bytes(b"\xef\xbb\xbfAAAA.BBBB.CCCC\r\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "token")

    settings = load_settings()

    assert (settings.seeds, settings.data) == (Path("first"), Path("second"))
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "AAAA.BBBB.CCCC"


@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_name_is_refused_with_the_nearest(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "file":
        Path(".env").write_text("QUOTH_PASAGES=7\n")
    else:
        monkeypatch.setenv("QUOTH_PASAGES", "7")

    with pytest.raises(SettingsError, match=r"QUOTH_PASAGES .* Did you mean QUOTH_PASSAGES\?"):
        load_settings()


def test_a_file_of_settings_that_is_no_text_is_an_error_that_names_it() -> None:
    Path(".env").write_bytes(b"QUOTH_PASSAGES=\xff\xfe")

    with pytest.raises(SettingsError, match=r"\.env: can't be read"):
        load_settings()
    for content in (b"QUOTH_SEEDS=no\0tes\n", "QUOTH_SEEDS=notes\n".encode("utf-16-le")):
        Path(".env").write_bytes(content)
        with pytest.raises(SettingsError, match=r"\.env: holds NUL characters\. Save it as UTF-8"):
            load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUOTH_PASSAGES", "0"),
        ("QUOTH_PASSAGES", "many"),
        ("QUOTH_MAX_RISK", "1.5"),
        ("QUOTH_DOCUMENT_TYPES", "txt,exe"),
        ("QUOTH_COOLDOWN_S", "inf"),
        ("QUOTH_COOLDOWN_BUILDS_S", "inf"),
        ("QUOTH_BUILD_LIMIT_S", "inf"),
    ],
)
def test_a_value_that_can_not_be_used_is_named_with_its_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=f"{name}={value}: "):
        load_settings()


def test_endings_are_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "docx" in load_settings().document_types
    monkeypatch.setenv("QUOTH_DOCUMENT_TYPES", "txt, .PDF,md")

    assert load_settings().document_types == {"txt", "pdf", "md"}


def test_every_setting_says_what_it_is_for() -> None:
    for field in Settings.model_fields.values():
        assert field.description


def test_the_token_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.secret.token")
    settings = load_settings()

    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "a.secret.token"
    assert "secret.token" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_the_token_is_no_setting_with_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "a.secret.token")

    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == (
        "QUOTH_DISCORD_TOKEN (in the environment) is no setting. Did you mean DISCORD_TOKEN?"
    )


@pytest.mark.parametrize("name", ["QUOTH_API_TOKENS", "QUOTH_WEB_PASSWORD"])
def test_a_secret_that_cannot_be_used_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "hunter2")

    with pytest.raises(SettingsError, match="16 to 200") as raised:
        load_settings()

    assert name in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_line_break_at_the_end_of_the_token_does_no_harm_and_one_within_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", " the.secret.token\n")
    token = load_settings().discord_token
    assert token is not None
    assert token.get_secret_value() == "the.secret.token"
    monkeypatch.setenv("DISCORD_TOKEN", "the.secret\n.token")
    with pytest.raises(SettingsError, match=r"^DISCORD_TOKEN=\.\.\.: .*a line break") as raised:
        load_settings()
    assert "secret" not in str(raised.value)


def test_tokens_stand_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_API_TOKENS", f"{'a' * 16}, {'b' * 16},")

    tokens = {token.get_secret_value() for token in load_settings().api_tokens}

    assert tokens == {"a" * 16, "b" * 16}
    assert "aaaa" not in repr(load_settings())


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (f"base={'a' * 16}", "NAME=TOKEN names a collection"),
        (f"Server-1={'a' * 16}", "NAME=TOKEN names a collection"),
        (f"={'a' * 16}", "NAME=TOKEN names a collection"),
        (f"../x={'a' * 16}", "NAME=TOKEN names a collection"),
        ("server-1=short", "16 to 200"),
        ("server-1=", "16 to 200"),
        (f"server-1={'a' * 16},server-2={'a' * 16}", "give each collection its own"),
        (f"{'a' * 16},server-2={'a' * 16}", "give each collection its own"),
    ],
)
def test_a_token_that_opens_a_collection_names_it(tokens: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as raised:
        load_settings(api_tokens=tokens)

    assert "aaaa" not in str(raised.value)


def test_a_token_in_base64_opens_no_collection() -> None:
    assert split_token(f"{'a' * 16}==") == (None, f"{'a' * 16}==")
    assert split_token(f"server-1={'a' * 16}==") == ("server-1", f"{'a' * 16}==")


@pytest.mark.parametrize("url", ["quoth.example", "ftp://a.b", "https://a.b/c", "https://u@a.b"])
def test_an_address_of_the_page_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=rf"^QUOTH_PUBLIC_URL={url}: give .*https://quoth\.ex"):
        load_settings(public_url=url)


def test_an_address_that_browsers_write_in_other_letters_is_refused() -> None:
    with pytest.raises(
        SettingsError, match=r"^QUOTH_PUBLIC_URL=https://bücher\.example: write its"
    ):
        load_settings(public_url="https://bücher.example")

    assert load_settings(public_url="https://xn--bcher-kva.example").public_url


def test_storage_goes_without_a_password_and_without_a_database_of_passages() -> None:
    for fine in ("/mnt/a:b@c", "s3://bucket/prefix", "sftp://quoth@host:22/parts"):
        assert load_settings(storage=fine).storage == fine
    with pytest.raises(SettingsError, match="QUOTH_STORAGE has a password") as said:
        load_settings(storage="sftp://quoth:secret@host/parts")
    assert "secret" not in str(said.value)
    with pytest.raises(SettingsError, match="QUOTH_SEARCH_DATABASE are both set"):
        load_settings(storage="/mnt", search_database="postgresql://quoth@db/passages")


def test_nodes_stand_with_commas_between_them_and_need_a_token() -> None:
    token = "between-nodes-0123456789"  # noqa: S105 - made up
    settings = load_settings(nodes="http://10.0.0.2:7868/, https://b.example", node_token=token)

    assert settings.nodes == ("http://10.0.0.2:7868", "https://b.example")
    assert settings.answered_at_once == 2 * settings.workers
    with pytest.raises(SettingsError, match="QUOTH_NODE_TOKEN"):
        load_settings(nodes="http://10.0.0.2:7868")
    for wrong in ("10.0.0.2", "http://a..b:1", "http://:secret@host", "http://me:secret@host"):
        with pytest.raises(SettingsError, match=r"http://10\.0\.0\.2:7868") as said:
            load_settings(nodes=wrong, node_token=token)
        assert "secret" not in str(said.value)
    with pytest.raises(SettingsError) as short:
        load_settings(node_token="secret")
    assert "secret" not in str(short.value)


def test_a_secret_can_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token, database = tmp_path / "token", tmp_path / "database"
    token.write_text("a.b.c\n")
    database.write_text("postgresql://quoth:hidden@here/quoth\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(token))
    monkeypatch.setenv("QUOTH_DATABASE_FILE", str(database))

    settings = load_settings()

    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "a.b.c"
    assert settings.database is not None
    monkeypatch.setenv("QUOTH_DATABASE", "postgresql://here/quoth")
    with pytest.raises(SettingsError, match="QUOTH_DATABASE_FILE are both set"):
        load_settings()
    monkeypatch.delenv("QUOTH_DATABASE")
    database.unlink()
    with pytest.raises(SettingsError, match=r"QUOTH_DATABASE_FILE=.*: can't be read"):
        load_settings()


@pytest.mark.parametrize("shards", ["0", "many", "-1", "99999999"])
def test_a_number_of_shards_is_one_or_what_discord_recommends(shards: str) -> None:
    assert load_settings(shards="4").shards == 4
    assert load_settings(shards="recommended").shards == "recommended"
    with pytest.raises(SettingsError, match=r"QUOTH_SHARDS=.* give a number from 1"):
        load_settings(shards=shards)
