"""Messages and mailboxes: headers, bodies and attachments."""

from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats import parse
from tests.index.formats.archives import package
from tests.index.formats.reading import read_or_refuse


def message(body: str = "A loaf costs 4 marks.\n", subject: str = "Prices – new") -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made["From"] = "Ann Bee <ann@example.org>"
    made["To"] = "bo@example.org"
    made["Date"] = "Mon, 06 May 2024 10:00:00 +0200"
    made.set_content(body)
    return made


HEADERS = (
    "Subject: Prices – new\nFrom: Ann Bee <ann@example.org>\nTo: bo@example.org\n"
    "Date: Mon, 06 May 2024 10:00:00 +0200"
)


def test_a_message_says_who_wrote_it_when_and_what() -> None:
    loaded = parse(".eml", message().as_bytes())

    assert loaded.text == f"{HEADERS}\n\nA loaf costs 4 marks."
    assert (loaded.title, loaded.dated) == ("Prices – new", date(2024, 5, 6))


def test_of_two_versions_of_a_text_one_is_read() -> None:
    both = message()
    both.add_alternative("<p>A loaf costs <b>4</b> marks.</p>", subtype="html")
    rich = EmailMessage()
    rich["Subject"] = "Rich"
    rich.set_content("<h1>Fees</h1><p>A roll costs <b>1</b>.</p>", subtype="html")

    assert parse(".eml", both.as_bytes()).text.count("A loaf costs 4 marks.") == 1
    assert parse(".eml", rich.as_bytes()).text == "Subject: Rich\n\nFees\n\nA roll costs 1."


@pytest.mark.parametrize("rich", ["text/html; name=body.html", "text/plain; name=body.txt"])
def test_a_version_of_a_text_that_has_a_name_is_no_file(rich: str) -> None:
    both = (
        "Subject: Fees\nContent-Type: multipart/alternative; boundary=x\n\n"
        "--x\nContent-Type: text/plain\n\nA loaf costs 4.\n"
        f"--x\nContent-Type: {rich}\n\nA loaf costs 4.\n--x--\n"
    )

    assert parse(".eml", both.encode()).text == "Subject: Fees\n\nA loaf costs 4."


def test_attachments_are_read_with_their_places_or_named() -> None:
    made = message()
    made.add_attachment(b"name,fee\nBread,4\n", "text", "csv", filename="fees.csv")
    made.add_attachment(b"\x89PNG", "image", "png", filename="map.png")
    made.add_attachment(b"%PDF-broken", "application", "pdf", filename="old.pdf")
    made.add_attachment(package({"a.txt": "a"}), "application", "zip", filename="all.zip")

    loaded = parse(".eml", made.as_bytes())

    assert "\nAttachments: fees.csv, map.png, old.pdf, all.zip\n\n" in loaded.text
    assert loaded.text.endswith("A loaf costs 4 marks.\n\nname: Bread\nfee: 4")
    (place,) = loaded.places
    assert (place.kind, place.name, place.within) == ("row", "2", "fees.csv")
    assert loaded.text[place.start_char :] == "name: Bread\nfee: 4"


def test_a_file_is_read_that_only_the_rich_version_has_or_that_is_shown_in_the_message() -> None:
    """Apple's Mail writes both."""
    rich = EmailMessage()
    rich.set_content("<p>A loaf costs <b>4</b> marks.</p>", subtype="html")
    rich.add_attachment(b"name,fee\nBread,4\n", "text", "csv", filename="fees.csv")
    rich.add_attachment(b"\x89PNG", "image", "png", filename="logo.png", disposition="inline")
    both = message()
    both.make_alternative()
    both.attach(rich)
    shown = message()
    shown.add_attachment(
        b"name,fee\nBread,4\n", "text", "csv", filename="fees.csv", disposition="inline"
    )
    shown.add_attachment(b"\x89PNG", "image", "png", filename="logo.png", disposition="inline")

    for made in (both, shown):
        assert parse(".eml", made.as_bytes()).text == (
            f"{HEADERS}\nAttachments: fees.csv\n\nA loaf costs 4 marks.\n\nname: Bread\nfee: 4"
        )


@pytest.mark.parametrize(("charset", "written"), [("koi8-r", "koi8-r"), ("iso-8859-1", "cp1252")])
@pytest.mark.parametrize("kind", ["html", "plain"])
def test_a_text_is_in_the_charset_that_its_header_states(
    kind: str, charset: str, written: str
) -> None:
    said = "Зал открыт в девять часов." if charset == "koi8-r" else "“Fees” – €5"
    header = f"Subject: Hall\nContent-Type: text/{kind}; charset={charset}\n\n"

    loaded = parse(".eml", header.encode() + said.encode(written))

    assert loaded.text == f"Subject: Hall\n\n{said}"


@pytest.mark.parametrize("kind", ["html", "plain"])
def test_where_the_stated_charset_does_not_fit_it_is_guessed(kind: str) -> None:
    said = "Die Gebühr für Fünf beträgt 5 €."
    header = f"Subject: Hall\nContent-Type: text/{kind}; charset=us-ascii\n\n"

    assert parse(".eml", (header + said).encode()).text == f"Subject: Hall\n\n{said}"


def test_latin_1_that_windows_can_not_have_written_is_read_as_latin_1() -> None:
    header = b"Subject: Hall\nContent-Type: text/plain; charset=iso-8859-1\n\n"

    loaded = parse(".eml", header + b"F\xfcnf \x81 K\xe4se")

    assert loaded.text == "Subject: Hall\n\nFünf \x81 Käse"


def test_quoted_and_flowed_lines_are_read_as_they_were_meant() -> None:
    made = message("On Monday Bo wrote:\n\n> What does a loaf \n> cost now?\n\nFour \nmarks.\n")
    made.set_param("format", "flowed")

    assert parse(".eml", made.as_bytes()).text.split("\n\n")[1:] == [
        "On Monday Bo wrote:",
        "What does a loaf cost now?",
        "Four marks.",
    ]


def test_a_table_in_a_message_has_the_names_of_its_columns() -> None:
    body = "Our fees:\nBoat\tFee\tDeck\nSwan\t4\ttar\nTeal\t12\ttar\nYours, Ada\n"

    loaded = parse(".eml", message(body).as_bytes())

    rows = "Boat: Swan | Fee: 4 | Deck: tar\n\nBoat: Teal | Fee: 12 | Deck: tar"
    assert loaded.text.endswith(f"Our fees:\n\n{rows}\n\nYours, Ada")


def test_a_message_inside_of_another_is_read_with_its_headers() -> None:
    outer = message("See below.\n", subject="Fwd")
    outer.add_attachment(message("A roll costs 1.\n"))

    text = parse(".eml", outer.as_bytes()).text

    assert "See below.\n\nSubject: Prices – new\nFrom: Ann Bee" in text
    assert text.endswith("\n\nA roll costs 1.")


def test_each_message_of_a_mailbox_is_a_place() -> None:
    with_file = message("Third.\n", subject="Three")
    with_file.add_attachment("Inside.\n", filename="a.txt")
    box = b"".join(
        b"From ann@example.org Mon May  6 10:00:00 2024\n" + each.as_bytes() + b"\n"
        for each in (message("First.\n\n>From here on.\n", subject="One"), message(), with_file)
    )

    loaded = parse(".mbox", box)

    assert [(place.kind, place.line, place.name, place.within) for place in loaded.places] == [
        ("message", 1, "One", None),
        ("message", 2, "Prices – new", None),
        ("message", 3, "Three", None),
        ("file", None, "Three/a.txt", None),
    ]
    assert "First.\n\nFrom here on." in loaded.text
    assert (loaded.title, loaded.dated) == (None, None)
    assert loaded.text[loaded.places[-1].start_char :] == "Inside."


def test_a_paragraph_that_begins_as_a_separator_does_is_no_message() -> None:
    first = message("First.\n\nFrom here on we pay\nnothing: it is free.\n\nFrom Ann.\n")
    box = b"".join(b"From a\n" + each.as_bytes() + b"\n" for each in (first, message()))

    loaded = parse(".mbox", box)

    assert [place.line for place in loaded.places] == [1, 2]
    assert "First.\n\nFrom here on we pay\nnothing: it is free.\n\nFrom Ann." in loaded.text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_messages_of_a_mailbox_may_write_their_headers_in_small_letters(end: str) -> None:
    box = [
        "From a@example.org Mon May  6 10:00:00 2024",
        *("return-path: <a@example.org>", "subject: One", ""),
        *("First.", "", "From now on we meet at 7:30.", "Note: bring the key.", ""),
        "From b@example.org Mon May  6 11:00:00 2024",
        *("keywords: fees", "subject: Two", "", "Second.", ""),
        *("From c@example.org", "subject: Three", "", "Third."),
    ]

    loaded = parse(".mbox", end.join(box).encode())

    assert [place.name for place in loaded.places] == ["One", "Two", "Three"]
    assert "First.\n\nFrom now on we meet at 7:30.\nNote: bring the key." in loaded.text


@pytest.mark.parametrize("suffix", [".eml", ".mbox"])
@pytest.mark.parametrize("content", [b"", b"Hello.", b"\x00\xff\xfe" * 50, b"\n\n\n"])
def test_another_file_of_that_ending_is_refused(suffix: str, content: bytes) -> None:
    with pytest.raises(DocumentError, match="it is no m"):
        parse(suffix, content)


@pytest.mark.parametrize(
    "header",
    [
        "=?utf-8?q?" + "=20" * 100_000,
        "=?nothing?b?" + "A" * 50_000 + "?=",
        "<" * 200_000,
        "x" * 3_000_000,
    ],
)
def test_a_header_costs_no_more_than_headers_do(header: str) -> None:
    content = f"Subject: {header}\nTo: {header}\nDate: {header}\n\nText.\n".encode()

    loaded = parse(".eml", content)

    assert loaded.text.endswith("Text.")
    assert len(loaded.text) < 10_000


def test_parts_within_parts_end_somewhere() -> None:
    nested = "Subject: x\n"
    for number in range(2_000):
        nested += f'Content-Type: multipart/mixed; boundary="b{number}"\n\n--b{number}\n'
    try:
        loaded = parse(".eml", f"{nested}\n\nDeep down.\n".encode())
    except DocumentError:
        return
    assert loaded.text


@given(
    st.lists(
        st.sampled_from(
            [
                "From: a\n", "Subject: b\n", "\n", "--b\n", "--b--\n", "text \n", "> q\n",
                "Content-Type: multipart/mixed; boundary=b\n", "From x\n", "\x00", "é",
                "Content-Type: text/html\n", "Content-Transfer-Encoding: base64\n", "<p>a",
                "Content-Type: message/rfc822\n", "Content-Type: multipart/alternative\n",
            ]
        ),
        max_size=20,
    )
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".eml", ".mbox"])
def test_anything_is_mail_or_refused(suffix: str, lines: list[str]) -> None:
    read_or_refuse(lambda: parse(suffix, "".join(lines).encode()))


def test_a_newsletter_that_is_laid_out_by_a_table_keeps_its_headings_and_paragraphs() -> None:
    cells = [
        "<h2>Lambing</h2><p>You can visit on Saturdays.</p>",
        "<h2>Boxes</h2><p>From April.</p>",
    ]
    rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    table = f"<table><tr><td><table>{rows}</table></td></tr></table>"
    content = f"Subject: March\nContent-Type: text/html\n\n<html><body>{table}</body></html>"

    loaded = parse(".eml", content.encode())

    assert loaded.text.split("\n\n")[1:] == [
        *("Lambing", "You can visit on Saturdays.", "Boxes", "From April.")
    ]


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_a_header_in_other_letters_is_read_as_it_is_written(charset: str) -> None:
    written = "Subject: Grüße aus Köln\nFrom: =?utf-8?q?Jos=C3=A9?= <j@example.org>\n\nHello."

    loaded = parse(".eml", written.encode(charset))

    assert loaded.text == "Subject: Grüße aus Köln\nFrom: José <j@example.org>\n\nHello."
    assert loaded.title == "Grüße aus Köln"


@pytest.mark.parametrize(
    "header",
    [
        "Date: Mon, 99999999999999999999 May 2024 10:00:00 +0000",
        "Content-Type: text/plain; name*=utf-8''a.txt; name*0*=utf-8''b.txt",
        'Content-Type: text/plain; name="body"',
    ],
)
def test_no_header_takes_the_text_of_a_message_away(header: str) -> None:
    loaded = parse(".eml", f"Subject: Fees\n{header}\n\nA loaf costs 4 marks.".encode())

    assert loaded.text.endswith("\n\nA loaf costs 4 marks.")
    assert "Attachments" not in loaded.text


def test_a_named_text_below_another_is_a_file() -> None:
    patch = "Content-Type: text/plain; name=fix.patch\n\n-A loaf costs 3."
    written = (
        "Subject: Fees\nContent-Type: multipart/mixed; boundary=x\n\n"
        f"--x\nContent-Type: text/plain\n\nA loaf costs 4.\n--x\n{patch}\n--x--\n"
    )

    assert parse(".eml", written.encode()).text == (
        "Subject: Fees\nAttachments: fix.patch\n\nA loaf costs 4."
    )


@pytest.mark.parametrize(
    "written",
    [
        "Content-Type: multipart/mixed; boundary=y\n\n--x\nContent-Type: text/plain\n\nA loaf.",
        "Content-Type: text/rtf\n\n{\\rtf1 A loaf.}",
    ],
    ids=["another border", "markup"],
)
def test_what_programs_write_for_programs_is_not_read(written: str) -> None:
    assert parse(".eml", f"Subject: Fees\n{written}".encode()).text == "Subject: Fees"


@pytest.mark.parametrize("kind", ["text/markdown", "multipart/mixed"])
def test_markdown_is_plain_and_so_is_what_has_no_parts(kind: str) -> None:
    written = f"Subject: Fees\nContent-Type: {kind}\n\nA loaf costs 4 marks."

    assert parse(".eml", written.encode()).text == "Subject: Fees\n\nA loaf costs 4 marks."


def test_of_an_invitation_the_text_is_read() -> None:
    invitation = EmailMessage()
    invitation["Subject"] = "Meeting"
    invitation.set_content("<p>We meet at nine.</p>", subtype="html")
    invitation.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar")

    assert parse(".eml", invitation.as_bytes()).text == "Subject: Meeting\n\nWe meet at nine."


def test_an_attached_message_says_who_wrote_it() -> None:
    inner, outer = message(subject="Old"), message(body="See below.\n", subject="New")
    outer.add_attachment(inner, filename="Old.eml")

    text = parse(".eml", outer.as_bytes()).text

    assert text.count("From: Ann Bee <ann@example.org>") == 2
    assert text.index("Subject: Old") < text.index("A loaf costs 4 marks.")


def test_a_heading_within_a_message_is_no_message() -> None:
    page = "Subject: Boats\nContent-Type: text/html\n\n<p>Hi.</p><h2>Late</h2><p>It costs 5.</p>\n"
    two = f"From a@b.example Mon May 6 10:00:00 2024\n{page}\n" * 2

    one, several = parse(".eml", page.encode()), parse(".mbox", two.encode())

    assert [place.name for place in one.headings] == ["Late"]
    assert one.places == ()
    assert [(place.kind, place.name, place.line) for place in several.places] == [
        ("message", "Boats", 1),
        ("message", "Boats", 2),
    ]
