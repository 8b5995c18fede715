"""The Copernicus Data Space's S3 store, which several of its catalogues point to."""

from __future__ import annotations

from ...errors import CredentialsError, TransferError
from ...settings import ServiceSettings
from ...transfer.http.address import keeps_secrets, shown
from ...transfer.http.client import HttpClient
from ...transfer.s3 import S3Store, ping_bucket
from .adapter import Credential, Trial, credential

EODATA = "eodata"
_KEY = ("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY")
_REFUSED = (401, 403)


def s3_store(services: ServiceSettings) -> S3Store:
    """The store with the keys that are set."""
    return S3Store(
        services.cdse_s3_endpoint,
        access_key=services.cdse_s3_access_key,
        secret_key=services.cdse_s3_secret_key,
    )


def s3_key(services: ServiceSettings) -> Credential:
    """The key that windows are read with."""
    return credential("windows", _KEY, services)


def check_keys(store: S3Store) -> None:
    """Raise CredentialsError where a store has no keys, or must not get what they sign."""
    if not (store.access_key and store.secret_key):
        raise CredentialsError(
            "Reading windows from the Copernicus Data Space needs an S3 key: set "
            "CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY (made in the account's S3 key manager), or "
            "choose the scene at a service without account, such as earth-search."
        )
    if not keeps_secrets(store.endpoint):
        raise CredentialsError(
            f"{shown(store.endpoint)} must not get what CDSE_S3_SECRET_KEY signs, since everybody "
            "on the way could use it. Set CDSE_S3_ENDPOINT to an https address."
        )


def key_trial(client: HttpClient, services: ServiceSettings) -> Trial:
    """Whether the store takes the key."""

    def attempt() -> str:
        store = s3_store(services)
        check_keys(store)
        try:
            ping_bucket(client, store, EODATA)
        except TransferError as err:
            if err.status not in _REFUSED:
                raise
            raise CredentialsError(
                f"{client.service}: CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY were not accepted. "
                "They expire: look at the account's S3 key manager."
            ) from err
        return "The S3 key is accepted."

    return Trial("windows", attempt, s3_key(services))
