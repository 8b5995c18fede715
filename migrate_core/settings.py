"""Configuration from the environment, read once and passed on as a value."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .errors import WrongUseError

# How the pixels of a product that lies at a service are fetched.
ACCESSES = ("auto", "window", "bands", "product")
RESAMPLINGS = ("nearest", "bilinear", "cubic")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# So many pixels of 10 m, 50 km x 50 km, take 3.4 GB of memory to make a pair with two classes:
# about 85 bytes a pixel, and 25 more for each class.
MAX_PAIR_PIXELS = 25_000_000
# What clouds are assessed by: L2A's scene classification, s2cloudless, the product's own cloud
# mask, or the best of these that the product allows.
CLOUDS = ("auto", "scl", "s2cloudless", "product")


@dataclass(frozen=True)
class RankingSettings:
    """What makes a candidate usable, and how the terms of its score are weighed.

    `usable_cloud_percent` 0…100 and `usable_coverage` 0…1 are the limits of a usable candidate;
    the weights are relative and only their ratios matter.
    """

    usable_cloud_percent: float = 10.0
    usable_coverage: float = 0.9
    weights: Mapping[str, float] = field(
        default_factory=lambda: dict.fromkeys(
            ("clear_sky", "clear_label", "closeness", "coverage"), 1.0
        )
    )


@dataclass(frozen=True)
class AssessmentSettings:
    """From which share of a label on, 0…1, what occludes it decides the suggestion.

    A label of which more than `reject_hidden` is occluded, thin cloud left out, is lost; with at
    most `accept_hidden`, and at most `accept_thin` under thin cloud, it is as good as clear;
    between them a person looks.
    """

    reject_hidden: float = 0.30
    accept_hidden: float = 0.02
    accept_thin: float = 0.20


# Fields of ServiceSettings in bytes, and the variables that set them in gigabytes.
IN_GIGABYTES = {
    "cache_bytes": "MIGRATE_CACHE_GB",
    "max_download_bytes": "MIGRATE_MAX_DOWNLOAD_GB",
}


def _secret() -> Any:
    """A field that is never shown: not in a repr, so not in a log or a traceback either."""
    return field(default=None, repr=False)


@dataclass(frozen=True)
class ServiceSettings:
    """Where services answer, and what lets us in; docs/settings.md lists the variables.

    Each address can be that of a mirror or of a test server. `cdse_totp` is the code of the moment
    of an account with two factors. What lets us in belongs to scheme, host and port of these
    addresses: that of the DHuS account to `dhus_url`, signatures of the Planetary Computer to its
    storage, and the keys named `aws_…` to `aws_endpoint_url`, where datasets are sent.
    `cache_bytes` limits the products kept in the workspace, `max_download_bytes` a file whose size
    no service says.
    """

    cdse_odata_url: str = "https://catalogue.dataspace.copernicus.eu/odata/v1"
    cdse_download_url: str = "https://download.dataspace.copernicus.eu/odata/v1"
    cdse_token_url: str = (
        "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token"
    )
    cdse_stac_url: str = "https://stac.dataspace.copernicus.eu/v1"
    cdse_s3_endpoint: str = "https://eodata.dataspace.copernicus.eu"
    earth_search_url: str = "https://earth-search.aws.element84.com/v1"
    planetary_computer_url: str = "https://planetarycomputer.microsoft.com/api/stac/v1"
    planetary_computer_sas_url: str = "https://planetarycomputer.microsoft.com/api/sas/v1"
    planetary_computer_storage_url: str = "https://sentinel2l2a01.blob.core.windows.net"
    dhus_url: str | None = None
    cdse_username: str | None = None
    cdse_password: str | None = _secret()
    cdse_totp: str | None = _secret()
    cdse_s3_access_key: str | None = _secret()
    cdse_s3_secret_key: str | None = _secret()
    dhus_user: str | None = None
    dhus_password: str | None = _secret()
    aws_endpoint_url: str | None = None
    aws_region: str | None = None
    aws_access_key_id: str | None = _secret()
    aws_secret_access_key: str | None = _secret()
    aws_session_token: str | None = _secret()
    cache_bytes: int = 100_000_000_000
    max_download_bytes: int = 20_000_000_000


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside; docs/settings.md lists the variables."""

    workspace: Path
    database_url: str | None = None
    # The folder whose workspaces the pages offer beside this one; None where they offer none.
    workspaces: Path | None = None
    ranking: RankingSettings = field(default_factory=RankingSettings)
    resampling: str = "bilinear"
    scheduler: str | None = None
    services: ServiceSettings = field(default_factory=ServiceSettings)
    thresholds: AssessmentSettings = field(default_factory=AssessmentSettings)
    max_pair_pixels: int = MAX_PAIR_PIXELS
    log_level: str = "INFO"


def load_settings(
    workspace: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Read the settings from `environ`; an explicit `workspace` beats MIGRATE_WORKSPACE.

    Raises WrongUseError when a variable holds something else than what is needed.
    """
    folder = workspace or Path(environ.get("MIGRATE_WORKSPACE") or "workspace")
    resampling = environ.get("MIGRATE_RESAMPLING") or Settings.resampling
    log_level = (environ.get("MIGRATE_LOG_LEVEL") or Settings.log_level).upper()
    defaults = RankingSettings()
    ranking = RankingSettings(
        usable_cloud_percent=_number(
            environ, "MIGRATE_USABLE_CLOUD_PERCENT", defaults.usable_cloud_percent, 100.0
        ),
        usable_coverage=_number(environ, "MIGRATE_USABLE_COVERAGE", defaults.usable_coverage, 1.0),
        weights={
            name: _number(environ, f"MIGRATE_WEIGHT_{name.upper()}", weight, float("inf"))
            for name, weight in defaults.weights.items()
        },
    )
    return Settings(
        workspace=folder.absolute(),
        database_url=environ.get("DATABASE_URL") or None,
        workspaces=_workspaces(environ, folder),
        ranking=ranking,
        resampling=_one_of("MIGRATE_RESAMPLING", resampling, RESAMPLINGS),
        scheduler=environ.get("DASK_SCHEDULER") or None,
        services=_services(environ),
        thresholds=_thresholds(environ),
        max_pair_pixels=int(
            _number(environ, "MIGRATE_MAX_PAIR_PIXELS", MAX_PAIR_PIXELS, float("inf"))
        ),
        log_level=_one_of("MIGRATE_LOG_LEVEL", log_level, LOG_LEVELS),
    )


def _workspaces(environ: Mapping[str, str], workspace: Path) -> Path | None:
    """The folder that MIGRATE_WORKSPACES names, else that of the workspace; None for `none`.

    A database of a team holds one workspace.
    """
    named = environ.get("MIGRATE_WORKSPACES")
    if named == "none" or environ.get("DATABASE_URL"):
        return None
    return Path(named).absolute() if named else workspace.absolute().parent


# Names of variables, of whatever program, whose values are secret, or hold what is.
_SECRET_NAME = re.compile(
    r"(?i)passw|passphrase|secret|token|totp|credential|(api|access|private)_?key|userpwd|bearer"
    r"|cookie|http_headers"
)
# Shorter values of others' variables are switches, such as `true`.
_SHORTEST_SECRET = 6


def secrets_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Values that must never be written down: of these settings, and of the whole environment."""
    services = settings.services
    ours = [getattr(services, item.name) for item in fields(ServiceSettings) if not item.repr]
    password = _password(settings.database_url)
    others = [
        value
        for name, value in environ.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    ]
    return frozenset(value for value in (*ours, password, unquote(password), *others) if value)


def _password(url: str | None) -> str:
    """The password in the address of a database, as it stands there; empty without one."""
    try:
        return urlsplit(url or "").password or ""
    except ValueError:
        return ""


def _one_of(name: str, value: str, known: Sequence[str]) -> str:
    """The value of the variable `name`, which must be one of those known."""
    if value not in known:
        raise WrongUseError(f"{name} is {value!r}; it must be one of {', '.join(known)}.")
    return value


def _thresholds(environ: Mapping[str, str]) -> AssessmentSettings:
    """The thresholds of suggestions; the variable of a field is MIGRATE_ and its name."""
    defaults = AssessmentSettings()
    found = AssessmentSettings(
        **{
            item.name: _number(
                environ, f"MIGRATE_{item.name.upper()}", getattr(defaults, item.name), 1.0
            )
            for item in fields(AssessmentSettings)
        }
    )
    if found.accept_hidden > found.reject_hidden:
        raise WrongUseError(
            f"MIGRATE_ACCEPT_HIDDEN is {found.accept_hidden:g} and MIGRATE_REJECT_HIDDEN "
            f"{found.reject_hidden:g}; what is accepted must not be occluded more than what is "
            "rejected."
        )
    return found


def _services(environ: Mapping[str, str]) -> ServiceSettings:
    """What is set of the services; the variable of a field is its name in capitals."""
    defaults = ServiceSettings()
    texts: dict[str, Any] = {
        name: environ[name.upper()]
        for name in (item.name for item in fields(ServiceSettings) if item.name not in IN_GIGABYTES)
        if environ.get(name.upper())
    }
    for name, text in texts.items():
        if name.endswith("_url"):
            texts[name] = _address(name.upper(), text)
    if endpoint := texts.get("cdse_s3_endpoint"):
        # GDAL takes the bare host; people write either.
        address = endpoint if "://" in endpoint else f"https://{endpoint}"
        texts["cdse_s3_endpoint"] = _address("CDSE_S3_ENDPOINT", address)
    sizes: dict[str, Any] = {
        name: round(1e9 * _number(environ, variable, getattr(defaults, name) / 1e9, float("inf")))
        for name, variable in IN_GIGABYTES.items()
    }
    return replace(defaults, **sizes, **texts)


def _address(name: str, text: str) -> str:
    """An http address without a slash at its end."""
    text = text.strip()
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongUseError(
            f"{name} is no address of a service; needed is one such as https://host/path."
        )
    if "@" in text:
        raise WrongUseError(
            f"{name} holds a user or a password; set those in variables of their own, such as "
            "DHUS_USER and DHUS_PASSWORD."
        )
    return text.rstrip("/")


def _up_to(largest: float) -> str:
    return f" to {largest:g}" if math.isfinite(largest) else " upwards"


def _number(environ: Mapping[str, str], name: str, default: float, largest: float) -> float:
    """The variable `name` as a number in 0…`largest`, or the default when it is not set."""
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (math.isfinite(value) and 0 <= value <= largest):
        raise WrongUseError(f"{name} is {text!r}; it must be a number from 0{_up_to(largest)}.")
    return value
