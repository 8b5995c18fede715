"""A running app and a real browser for tests: Debian's Chromium through Playwright."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The browser's path; without one the test is skipped, or fails where it is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("MIGRATE_BROWSER_REQUIRED"):
        pytest.fail("no Chromium, but MIGRATE_BROWSER_REQUIRED is set")
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served_app(workspace: Path, log: Path, port: int | None = None) -> Iterator[str]:
    """The address of the app on a workspace, started as `make run` does."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    options = ["--server.port", str(port)]
    environment = {**os.environ, "MIGRATE_WORKSPACE": str(workspace)}
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*command, *options], cwd=REPOSITORY, env=environment, stdout=file, stderr=file
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", log)
            yield f"http://127.0.0.1:{port}"
        except BaseException:
            print(f"The app said: {log.read_text(errors='replace')[-4000:]}")
            raise
        finally:
            server.terminate()
            server.wait(timeout=20)


def listening_addresses(pid: int) -> set[str]:
    """The IP addresses that a process and its children listen on."""
    process = psutil.Process(pid)
    return {
        connection.laddr.ip
        for one in (process, *process.children(recursive=True))
        for connection in one.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }


def wait_for(address: str, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the app did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def browser_page(profile: Path, **options: Any) -> Iterator[Any]:
    """A page of a fresh Chromium; `options` go to the context (viewport, color_scheme …)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=chromium(), headless=True, args=FLAGS, **options
        )
        try:
            page = context.new_page()
            page.set_default_timeout(30_000)
            yield page
        except BaseException:
            for one in context.pages:
                print(f"{one.url} shows: {_shown(one)}")
            raise
        finally:
            # Closing alone doesn't say to the page that it is left, as a person's browser does.
            for one in context.pages:
                one.goto("about:blank")
            context.close()


def _shown(page: Any) -> str:
    """What a person reads on a page where a test failed, and what has the focus."""
    focused = "document.activeElement ? document.activeElement.outerHTML.slice(0, 300) : ''"
    try:
        return f"{page.inner_text('body', timeout=5000)}\nThe focus is on: {page.evaluate(focused)}"
    except Exception as err:  # as of a page that is gone
        return repr(err)


@contextmanager
def browser_pages(count: int, **options: Any) -> Iterator[list[Any]]:
    """Pages of as many browsers that know nothing of each other, as of several persons."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
        try:
            pages = [browser.new_context(**options).new_page() for _ in range(count)]
            for page in pages:
                page.set_default_timeout(30_000)
            yield pages
        finally:
            browser.close()
