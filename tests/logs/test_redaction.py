"""Nothing secret gets into the log, wherever it stands."""

from __future__ import annotations

import base64
import json
import logging
import os
import time
import warnings
from pathlib import Path
from urllib.parse import quote

import pytest

from migrate_core.logs.redaction import Redactor
from migrate_core.logs.setup import LogFile
from migrate_core.settings import load_settings, secrets_of
from tests.support.logs import log, logging_to

PASSWORD = "pass word/?&'\"ä"
TOKEN = "t0ken-of-the-account"
SIGNATURE = "s1gn4ture%2Bof%2Fthe%3D"
WEB_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
ADDRESS = f"https://user:l0gin@host.org/a.tif?sv=2020&sig={SIGNATURE}"


@pytest.mark.filterwarnings("default")
def test_no_secret_gets_into_the_file(tmp_path: Path) -> None:
    environ = {
        "CDSE_PASSWORD": PASSWORD,
        "CDSE_TOTP": "123987",
        "CDSE_S3_SECRET_KEY": "s3-secret",
        "DATABASE_URL": "postgresql://me:d%40tabase@host/db",
        "OTHER_API_TOKEN": TOKEN,
        "GDAL_HTTP_HEADERS": "X-Own: own-header-value",
    }
    path = tmp_path / "migrate.log"
    file = LogFile(path, "DEBUG", secrets_of(load_settings(environ=environ), environ))
    with logging_to(file):
        log.info("address %s", ADDRESS)
        log.info("password %s quoted %s", PASSWORD, quote(PASSWORD, safe=""))
        log.info("form %s", json.dumps({"password": PASSWORD, "other": PASSWORD}))
        log.info("repr %r", {"anything": PASSWORD})
        log.info("code 123987 and %s", environ)
        log.info("headers %s", {"Authorization": f"Bearer {WEB_TOKEN}", "Accept": "*/*"})
        log.debug("GET / HTTP/1.1\r\nAuthorization: Basic %s\r\nCookie: id=c00kie", basic())
        log.info('answer {"access_token": "an-unknown-one", "refresh_token":"another-one"}')
        log.info("database d@tabase and d%40tabase")
        log.info(WEB_TOKEN)
        warnings.warn(f"Python warns of {TOKEN}", stacklevel=1)
        logging.getLogger("rasterio._err").error("CPLE_HttpResponse in /vsicurl/%s", ADDRESS)
        try:
            fail(PASSWORD)
        except OSError:
            log.exception("it failed")
    text = path.read_text(encoding="utf-8")
    for secret in (PASSWORD, TOKEN, SIGNATURE, WEB_TOKEN, basic(), "l0gin", "123987", "s3-secret"):
        assert secret not in text
        assert quote(secret, safe="") not in text
        assert json.dumps(secret)[1:-1] not in text
    for secret in ("c00kie", "an-unknown", "another-one", "own-header", "tabase@", "word/"):
        assert secret not in text
    assert "https://…@host.org/a.tif" in text
    assert "it failed" in text
    assert "Python warns of …" in text
    assert "Traceback" in text


def basic() -> str:
    return base64.b64encode(b"user:a password").decode()


def fail(word: str) -> None:
    try:
        raise ValueError(f"the service doesn't take {word}")
    except ValueError as err:
        raise OSError(f"can't open {ADDRESS}") from err


@pytest.mark.parametrize(
    "text",
    [
        "Job `pairs` begins.",
        "cdse: https://host.org/odata/v1/Products(1)/$value: it answered 503. Again in 2 s.",
        "The pair of m1.tif and S2A_MSIL2A_20200121T104351 begins.",
        "The key of the token is the password of nobody.",
    ],
)
def test_what_is_not_secret_stays(text: str) -> None:
    assert Redactor(["hidden-word", "abc", ""]).redact(text) == text


def test_a_short_value_is_taken_out_where_it_stands_alone() -> None:
    assert Redactor(["abc"]).redact("abc, abcdef and 'abc'") == "…, abcdef and '…'"


def test_a_long_text_is_redacted_in_time() -> None:
    began = time.monotonic()
    for piece in ("a", "token-", "eyJ", "? ", "://", "secret=", "' \""):
        Redactor(["hidden-word"]).redact(piece * 100_000)
    assert time.monotonic() - began < 20


def test_secrets_of_the_environment_are_known_by_the_names_of_variables() -> None:
    environ = {"MY_SECRET_THING": "hush-hush", "A_TOKEN_SWITCH": "true", "HOME": "/home/me"}
    assert secrets_of(load_settings(environ=environ), environ) == {"hush-hush"}
    assert "hush-hush" not in repr(LogFile(Path(os.devnull), secrets=frozenset({"hush-hush"})))
