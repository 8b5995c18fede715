"""Whether a field for a two-factor code is shown: where an account is set that may ask for one."""

from __future__ import annotations

import pytest

from migrate_core.scenes.sources import SERVICES
from migrate_core.settings import ServiceSettings
from pages.shared.secrets import needs_code

ACCOUNT = ServiceSettings(cdse_username="ann", cdse_password="secret")


@pytest.mark.parametrize(
    ("services", "needed"),
    [
        (ServiceSettings(), False),
        (ServiceSettings(cdse_username="ann"), False),
        (ServiceSettings(cdse_s3_access_key="key", cdse_s3_secret_key="secret"), False),
        (ACCOUNT, True),
    ],
)
def test_a_code_is_asked_for_where_an_account_is_set(
    services: ServiceSettings, needed: bool
) -> None:
    assert needs_code(services, SERVICES) == needed


def test_a_code_is_asked_for_only_where_the_source_of_the_account_is_chosen() -> None:
    assert needs_code(ACCOUNT, ["earth-search", "cdse"])
    assert not needs_code(ACCOUNT, ["earth-search", "local:/data"])
