"""Whether a field for a two-factor code is shown: where an account is set that may ask for one."""

from __future__ import annotations

import pytest

from migrate_core.settings import ServiceSettings
from pages.shared.scenes.connections import needs_code

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
    assert needs_code(services) == needed
