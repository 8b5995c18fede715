"""By which way the pixels of a product are had."""

from __future__ import annotations

from dataclasses import replace

from ....settings import ServiceSettings
from ..adapter import Credential, credential

_ACCOUNT = ("CDSE_USERNAME", "CDSE_PASSWORD")


def account_of(services: ServiceSettings) -> Credential:
    """The account that downloads."""
    purpose = "clouds over masks, single bands and whole products"
    return replace(credential(purpose, _ACCOUNT, services), two_factors=True)


def cheapest(level: str, *, has_key: bool) -> str:
    """The access that `auto` takes: windows with an S3 key, else what is downloaded.

    The zip of an L2A product holds much that no pair needs, that of an L1C product little else.
    """
    if has_key:
        return "window"
    return "bands" if level == "L2A" else "product"
