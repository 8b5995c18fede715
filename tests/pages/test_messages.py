"""Messages of the core on pages: each has a template in every language, and is told by it."""

from __future__ import annotations

import ast
import re
import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.shared.language.fields import COMMANDS, FIELDS, on_pages
from pages.shared.language.messages import Messages, is_specific, message_text, template_of
from pages.shared.language.translation import ENGLISH, catalogues, in_language
from tests.support.messages import CORE, Message, core_messages, module_messages

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "app.py", *sorted((REPOSITORY / "pages").rglob("*.py"))]
OTHERS = [code for code in catalogues() if code != ENGLISH]
# Texts of the core that read like messages and are none; what errors are raised with always is.
# `tests.support.messages` leaves out what only a terminal or a notebook shows.
NO_MESSAGES = {
    "is written into files, which are English": (
        "demo/", "export/croissant/", "export/formats/", "export/report/", "logs/",
        "masks/relabel/style.py", "pairs/listing.py",
    ),
    "names what is remembered, rows of the store, work or seeds": (
        "background/__init__.py", "export/request.py", "export/selection/counts.py",
        "pairs/estimate.py", "pairs/label/suggested_buffer.py", "review/checks/making.py",
        "review/checks/mixing.py", "review/sampling/", "review/triage/learning.py", "states.py",
        "store/candidates.py", "store/derived/", "store/finished_pairs.py", "store/last_search.py",
        "store/lists/", "store/mask_documents.py", "store/masks.py", "store/pair_list.py",
        "store/ranking.py", "store/rows.py", "store/selected.py", "pairs/run/fetch.py",
    ),
    "is SQL, or a question to a service or its answer": (
        "store/schema/migrations.py", "store/tables.py", "masks/vectors/formats/ogr.py",
        "scenes/sources/cdse/catalogue.py", "transfer/http/client.py", "jobs/launch.py",
    ),
    "names kinds and sources of data": (
        "grid.py", "masks/dates/sensors.py", "masks/raster/layout_detection.py",
        "export/splits/options.py", "pairs/registration/label_edges.py",
    ),
    "is an error of whoever writes code": ("__init__.py", "settings.py"),
    "is a part of a message that GDAL ends with": ("masks/raster/opening.py",),
    "marks decisions of rules and models": ("review/rules/rule.py", "review/triage/"),
    "tells remedies apart": ("pairs/run/failures.py",),
}  # fmt: skip
# Why windows of a band aren't read in place, which is noted in the log: they are read otherwise.
LOGGED = ("products/jp2/", "products/remote/")
# What comes of it where messages hold each other, and lists, numbers and names.
GERMAN = {
    "m1.tif: It has no date: none was found in its name. Add it again with --date YYYY-MM-DD, or "
    "--dates and a table.": "m1.tif: Das Datum fehlt: Im Namen wurde keines gefunden. Erneut "
    "hinzufügen mit „Ein Datum für alle (UTC)“ YYYY-MM-DD, oder „Eine Tabelle der Masken mit "
    "ihren Bildern und Datumsangaben“ und einer Tabelle.",
    "/w/a.tif can't be written: the disk is full (3.0 MB are free on it, about 5 MB are needed). "
    "Free space there, or use a place on another disk, and run it again: what was finished is "
    "kept.": "/w/a.tif ist nicht zu schreiben: der Datenträger ist voll (3.0 MB sind darauf frei, "
    "etwa 5 MB sind nötig). Dort Platz schaffen, oder einen Ort auf einem anderen Datenträger "
    "nehmen und es noch einmal ausführen: Was fertig war, bleibt erhalten.",
    "3 added, 2 can't be read. 1 of those added has a problem to mend.": "3 hinzugefügt, 2 nicht "
    "lesbar. 1 der hinzugefügten hat ein Problem, das zu beheben ist.",
    "8.8 % of the label is occluded, so it is doubtful: 5.0 % under cloud, 3.8 % in cloud shadow. "
    "The radiometric offset is doubtful: the darkest pixels can't tell (too few were read). If "
    "the reflectances look wrong, set it to 0 or -1000 (`pairs make --offset`).": "8.8 % verdeckt "
    "(das Label), daher zweifelhaft: 5.0 % unter Wolken, 3.8 % im Wolkenschatten. Der "
    "radiometrische Offset ist zweifelhaft: die dunkelsten Pixel geben keinen Aufschluss (zu "
    "wenige wurden gelesen). Sehen die Reflektanzen falsch aus, ihn auf 0 oder -1000 setzen "
    "(„Radiometrischer Offset“).",
    "m1: no L2A scene within 10 days covers it. What would help: widen to 14 days: 2 usable "
    "scenes; or raise the cloud limit to 60 %: 1 usable scene.": "m1: keine L2A-Szene innerhalb "
    "von 10 Tagen deckt die Maske ab. Was helfen würde: auf 14 Tage erweitern: 2 brauchbare "
    "Szenen; oder die Bewölkungsgrenze auf 60 % erhöhen: 1 brauchbare Szene.",
    "p1: the pair is queued, so there is nothing to look at yet. Make it first (`pairs make`).": (
        "p1: Das Paar ist wartend, also gibt es noch nichts anzusehen. Es zuerst erzeugen („Paare "
        "erzeugen“)."
    ),
    "There is no mask among the files that can be taken. a.txt: left out: it is no table by its "
    "suffix; needed is one of .csv, .txt. … and 3 more.": "Unter den Dateien, die sich verwenden "
    "lassen, ist keine Maske. a.txt: ausgelassen: der Endung nach nicht das Richtige (table); "
    "nötig ist eine von .csv, .txt. … und 3 weitere.",
    "in.zip: '../a.tif' points outside its folder. Make the zip again from a folder.": (
        "in.zip: '../a.tif' zeigt aus dem Ordner hinaus. Das Zip aus einem Ordner neu erzeugen."
    ),
    "10.0 % of the pair is occluded, so it is doubtful: 6.7 % under thin cloud or cirrus, 3.3 % "
    "under snow.": "10.0 % verdeckt (das Paar), daher zweifelhaft: 6.7 % unter dünnen Wolken oder "
    "Cirrus, 3.3 % unter Schnee.",
    "Nobody knows this message.\n3 pairs made, 1 failed, 0 already there.": "Nobody knows this "
    "message.\n3 Paare erzeugt, 1 fehlgeschlagen, 0 schon vorhanden.",
}  # fmt: skip
# What a person, a file or a machine may fill in; none of it is a word of a text.
SHOWING = re.compile(r"plain|st\.\w+")
PART = st.text("bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ0123456789_/", min_size=3, max_size=12)


def is_message(message: Message) -> bool:
    if message.module.startswith(LOGGED):
        return False
    left_out = tuple(module for modules in NO_MESSAGES.values() for module in modules)
    return message.raised or not message.module.startswith(left_out)


def templates(code: str) -> list[str]:
    """The messages with parts that are found by their template."""
    texts = catalogues()[code].texts
    found = (message.text for message in core_messages() if is_message(message))
    return [text for text in found if "{" in text and template_of(text, texts[text]) is not None]


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_message(code: str) -> None:
    missing = [
        f"{message.module}:{message.line}: {message.text}"
        for message in core_messages()
        if is_message(message) and message.text not in catalogues()[code].texts
    ]
    assert missing == []


def test_messages_of_all_kinds_are_collected() -> None:
    code = '''
"""Not this docstring."""
def check(path, count, err, bands):
    """Nor this one."""
    log.warning("nor what is logged")
    if count:
        raise MaskError(f"{path.name}: it has {count:,} band{'s' if count > 1 else ''} ({err}).")
    raise MaskError(_("this is looked up by itself"))
    found = "one piece " "of a sentence" + f" with {', '.join(bands)} and {bands}"
    raise MaskError(f"{path.name}: {found}")
'''
    found = list(module_messages(code, "masks/some.py", frozenset({"MaskError"})))
    assert {(message.text, message.raised) for message in found} == {
        ("{name}: it has {count} bands ({err}).", True),
        ("{name}: it has {count} band ({err}).", True),
        ("one piece of a sentence with {bands} and {bands_2}", False),
    }
    assert len(core_messages()) > 1000


def test_errors_are_raised_in_english() -> None:
    looked_up = [
        f"{path.relative_to(CORE)}:{node.lineno}"
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and re.search(r"\b_\(", ast.unparse(node))
    ]
    assert looked_up == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_error_with_parts_is_found_by_its_template(code: str) -> None:
    known = set(templates(code))
    raised = {one.text for one in core_messages() if one.raised and is_message(one)}
    assert [text for text in raised if "{" in text and text not in known] == []


def test_what_is_left_out_is_there() -> None:
    modules = {path.relative_to(CORE).as_posix() for path in CORE.rglob("*.py")}
    for left_out in (*LOGGED, *(one for some in NO_MESSAGES.values() for one in some)):
        assert any(module.startswith(left_out) for module in modules), left_out


@pytest.mark.parametrize("code", OTHERS)
def test_every_part_of_a_message_is_in_its_translation(code: str) -> None:
    messages = Messages(catalogues()[code].texts)
    found = templates(code)

    @given(st.sampled_from(found), st.data())
    def check(text: str, data: st.DataObject) -> None:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        parts = {name: data.draw(PART) for name in names}
        translated = messages.text(text.format(**parts))
        for part in parts.values():
            assert part in translated, (text, translated)
        for literal, _, _, _ in string.Formatter().parse(text):
            if is_specific(literal) and literal not in catalogues()[code].texts[text]:
                assert literal not in translated, (text, translated)

    check()


@pytest.mark.parametrize("code", OTHERS)
# By characters: of whole texts hypothesis takes those that stand in the program as well.
@given(
    text=st.one_of(
        st.lists(st.characters(), max_size=40).map("".join),
        st.lists(PART, max_size=12).map(" ".join),
    )
)
def test_what_is_no_message_stays_as_it_is(code: str, text: str) -> None:
    with in_language(code):
        assert message_text(text) == text


def test_english_stays_but_for_what_only_a_terminal_has() -> None:
    for text in GERMAN:
        if "--" not in text and "`" not in text:
            assert message_text(text) == text


def test_messages_name_fields_and_buttons_in_place_of_options_and_commands() -> None:
    asked = {
        "Name another one with --layer.": "Name another one with “Layer”.",
        "p is no pair; `pairs list` shows their ids.": "p is no pair; “Pairs” shows their ids.",
        "Edits (`masks relabel m1 --undo`).": "Edits (“Undo the edited label”).",
        "without them: `pairs make --allow-missing-bands`.": (
            "without them: “Also of products that lack bands”."
        ),
        "or leave out --scheduler.": "or leave out DASK_SCHEDULER.",
        "a--b, --unknown and `pip install x`": "a--b, --unknown and `pip install x`",
    }
    assert {text: message_text(text) for text in asked} == asked


def test_no_message_that_a_page_shows_has_an_option_or_a_command_of_the_program() -> None:
    # What other programs take, and what templates fill in.
    others = re.compile(r"`(?:gdalwarp|git lfs|pip|pyproj) [^`]*`|--\{|--config")
    texts = (others.sub("", one.text) for one in core_messages() if is_message(one))
    command = re.compile(r"`(?:masks|scenes|pairs|review|export|convert|status) [^`]*`|(?<!\w)--\w")
    assert [text for text in texts if command.search(on_pages(text))] == []


def test_fields_that_messages_name_are_on_pages() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in (CORE, REPOSITORY / "pages")
        for path in folder.rglob("*")
        if path.suffix in {".py", ".js"} and path.name != "fields.py"
    )
    assert [name for name in (*FIELDS.values(), *COMMANDS.values()) if f'"{name}' not in code] == []


@pytest.mark.parametrize("text", GERMAN)
def test_messages_in_messages_are_translated_too(text: str) -> None:
    with in_language("de"):
        assert message_text(text) == GERMAN[text]


def test_a_text_is_a_template_only_where_its_parts_have_names_and_words_between() -> None:
    assert template_of("mask name contains {}", "") is None
    assert template_of("{one}: {other}", "") is None
    assert template_of("a brace { by itself of {one}", "") is None
    made = template_of("needed is {{}} or {what} of it", "nötig: {{}} oder {what} davon")
    assert made is not None
    parts = made.parts("needed is {} or a part of it")
    assert parts == {"what": "a part"}
    assert made.filled(parts) == "nötig: {} oder a part davon"


def test_an_error_is_its_message() -> None:
    with in_language("de"):
        assert message_text(ValueError("The run was cancelled.")) == "Der Lauf wurde abgebrochen."


def test_messages_are_read_within_a_moment() -> None:
    texts = catalogues()["de"].texts
    begun = time.process_time()
    messages = Messages(texts)
    assert time.process_time() - begun < 0.1  # 8 ms at rest
    found = [text.replace("{", "<").replace("}", ">") for text in templates("de")]
    begun = time.process_time()
    for text in found:
        messages.text(text)
    assert (time.process_time() - begun) / len(found) < 0.005  # below 1 ms at rest


def shown_errors(path: Path) -> list[str]:
    """Where a page shows an error as it stands."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ExceptHandler) or "MigrateError" not in ast.unparse(
            node.type or ast.Constant(None)
        ):
            continue
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and re.fullmatch(
                r"plain|st\.\w+", ast.unparse(call.func)
            ):
                text = ast.unparse(call)
                if re.search(rf"\b{node.name}\b", text) and "message_" not in text:
                    found.append(f"{path.relative_to(REPOSITORY)}:{call.lineno}")
    return found


def test_no_page_shows_an_error_as_it_stands() -> None:
    assert [line for path in PAGES for line in shown_errors(path)] == []
