"""Reading many rows: some hundred at a time, with the parts of documents that are wanted alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring_ascii as json_text
from typing import Any

import sqlalchemy as sa

from ..base import Store
from ..derived.matching import CHUNK

# What decodes JSON without looking at its ends.
_raw_decode = json.JSONDecoder().raw_decode
_PLAIN = json.JSONEncoder(ensure_ascii=False)


def decoded(text: str) -> Any:
    """The value of a JSON text that the database made."""
    return _raw_decode(text)[0]


def json_array(
    store: Store, document: sa.ColumnElement[Any], *locations: str
) -> sa.ColumnElement[str]:
    """Values of a document, by names with dots, as one array's text; null is what isn't there.

    Numbers keep each digit that is stored; SQLite reads the document once for all.
    """
    if is_postgresql(store):
        parts = (document[tuple(location.split("."))] for location in locations)
        return sa.cast(sa.func.json_build_array(*parts), sa.String)
    paths = (f"$.{location}" for location in locations)
    return sa.func.json_extract(document, *paths, type_=sa.String)


def json_parts(
    store: Store, document: sa.ColumnElement[Any], key: str, locations: Sequence[str]
) -> sa.ColumnElement[str]:
    """The same values for `parts_of`; `key` is the name of the document's own id."""
    # The id, between any two of the parts, shows where each ends.
    names = [name for location in locations for name in (key, location)][1:]
    return json_array(store, document, *names)


def parts_of(store: Store, array: str, identity: str, count: int) -> Sequence[str]:
    """The `count` values of a `json_parts`, each a JSON text; `identity` is the document's id."""
    comma = ", " if is_postgresql(store) else ","
    parts = array[1:-1].split(f"{comma}{json_text(identity)}{comma}")
    if len(parts) == count:
        return parts
    # Something else is called like the document, too.
    return [json.dumps(value) for value in json.loads(array)[::2]]


def readable(text: str) -> str:
    """A JSON text with letters beyond ASCII as people read them; the store escapes them."""
    return _PLAIN.encode(json.loads(text)) if "\\u" in text else text


def is_postgresql(store: Store) -> bool:
    """Whether the tables are on PostgreSQL; else they are SQLite's."""
    return store.engine.dialect.name == "postgresql"


def partitions(store: Store, query: sa.Select[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows of a query, some hundred at a time: any number of them takes little memory."""
    with store.engine.connect() as connection:
        yield from connection.execution_options(yield_per=CHUNK).execute(query).partitions()


def streamed(store: Store, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
    """The rows of a query one after the other, in as little memory."""
    for rows in partitions(store, query):
        yield from rows
