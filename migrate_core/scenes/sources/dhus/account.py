"""To whom the account of a mirror is shown."""

from __future__ import annotations

from ....settings import ServiceSettings
from ....transfer.http.address import keeps_secrets, same_origin, shown


def why_no_account(url: str, services: ServiceSettings) -> str | None:
    """Why a mirror gets no account, in words; None where it gets the one that is set.

    The account belongs to scheme, host and port of DHUS_URL: anybody can name another mirror.
    """
    spec = f"dhus:{shown(url)}"
    if not (services.dhus_user and services.dhus_password):
        return f"{spec}: it needs an account. Set DHUS_URL, DHUS_USER and DHUS_PASSWORD."
    if services.dhus_url is None or not same_origin(url, services.dhus_url):
        owner = shown(services.dhus_url) if services.dhus_url else "no address, without DHUS_URL"
        return (
            f"{spec}: DHUS_USER and DHUS_PASSWORD belong to {owner}, so this mirror did not get "
            "them. Set DHUS_URL to its address if they are meant for it."
        )
    if not keeps_secrets(url):
        return (
            f"{spec}: it did not get DHUS_USER and DHUS_PASSWORD, since everybody on the way could "
            "read them. Use its https address."
        )
    return None
