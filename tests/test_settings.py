"""Configuration from the environment."""

from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.settings import RESAMPLINGS, AssessmentSettings, RankingSettings, load_settings

NUMBERS = (
    "MIGRATE_USABLE_CLOUD_PERCENT",
    "MIGRATE_USABLE_COVERAGE",
    "MIGRATE_WEIGHT_CLEAR_SKY",
    "MIGRATE_WEIGHT_CLOSENESS",
    "MIGRATE_WEIGHT_COVERAGE",
    "MIGRATE_REJECT_HIDDEN",
    "MIGRATE_ACCEPT_HIDDEN",
    "MIGRATE_ACCEPT_THIN",
)


def test_without_variables_the_documented_defaults_hold() -> None:
    settings = load_settings(environ={})
    assert settings.workspace == Path("workspace").absolute()
    assert settings.ranking == RankingSettings()
    assert settings.ranking.usable_cloud_percent == 10
    assert settings.ranking.usable_coverage == 0.9
    assert set(settings.ranking.weights) == {"clear_sky", "clear_label", "closeness", "coverage"}
    assert (settings.resampling, settings.database_url, settings.scheduler) == (
        "bilinear",
        None,
        None,
    )


def test_the_workspace_is_an_absolute_path_whoever_names_it() -> None:
    environ = {"MIGRATE_WORKSPACE": "from/variable"}
    assert load_settings(environ=environ).workspace == Path("from/variable").absolute()
    assert load_settings(Path("from/option"), environ).workspace == Path("from/option").absolute()


def test_every_variable_is_read() -> None:
    settings = load_settings(
        environ={
            "MIGRATE_USABLE_CLOUD_PERCENT": "25",
            "MIGRATE_USABLE_COVERAGE": "0.5",
            "MIGRATE_WEIGHT_CLEAR_SKY": "3",
            "MIGRATE_WEIGHT_CLEAR_LABEL": "0.5",
            "MIGRATE_WEIGHT_CLOSENESS": "0",
            "MIGRATE_WEIGHT_COVERAGE": "0.25",
            "MIGRATE_RESAMPLING": "cubic",
            "DATABASE_URL": "postgresql://host/labels",
            "DASK_SCHEDULER": "tcp://host:8786",
            "MIGRATE_LOG_LEVEL": "debug",
        }
    )
    assert settings.log_level == "DEBUG"
    assert settings.ranking.usable_cloud_percent == 25
    assert settings.ranking.usable_coverage == 0.5
    assert settings.ranking.weights == {
        "clear_sky": 3,
        "clear_label": 0.5,
        "closeness": 0,
        "coverage": 0.25,
    }
    assert settings.resampling == "cubic"
    assert settings.database_url == "postgresql://host/labels"
    assert settings.scheduler == "tcp://host:8786"


def test_a_level_of_the_log_that_there_is_not_is_refused() -> None:
    with pytest.raises(WrongUseError, match="MIGRATE_LOG_LEVEL is 'LOUD'; it must be one of DEBUG"):
        load_settings(environ={"MIGRATE_LOG_LEVEL": "loud"})


def test_a_variable_that_is_set_but_empty_counts_as_not_set() -> None:
    names = (
        *NUMBERS,
        "MIGRATE_WORKSPACE",
        "MIGRATE_WORKSPACES",
        "MIGRATE_RESAMPLING",
        "MIGRATE_LOG_LEVEL",
        "DATABASE_URL",
        "DASK_SCHEDULER",
    )
    assert load_settings(environ=dict.fromkeys(names, "")) == load_settings(environ={})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["many", "-1", "nan", "inf", "-inf", "1,5"])
def test_what_is_no_number_in_range_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(WrongUseError, match=name) as caught:
        load_settings(environ={name: text})
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("MIGRATE_USABLE_CLOUD_PERCENT", "100.5"), ("MIGRATE_USABLE_COVERAGE", "90")],
)
def test_a_limit_beyond_its_unit_is_refused(name: str, text: str) -> None:
    with pytest.raises(WrongUseError, match=f"{name} is '{text}'.* from 0 to"):
        load_settings(environ={name: text})


def test_an_unknown_resampling_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WrongUseError, match="MIGRATE_RESAMPLING is 'lanczos'") as caught:
        load_settings(environ={"MIGRATE_RESAMPLING": "lanczos"})
    assert all(name in str(caught.value) for name in RESAMPLINGS)


def test_every_resampling_that_is_offered_can_be_chosen() -> None:
    for name in ("nearest", "bilinear", "cubic"):
        assert load_settings(environ={"MIGRATE_RESAMPLING": name}).resampling == name


# services

ADDRESSES = (
    "CDSE_ODATA_URL",
    "CDSE_DOWNLOAD_URL",
    "CDSE_TOKEN_URL",
    "CDSE_STAC_URL",
    "CDSE_S3_ENDPOINT",
    "EARTH_SEARCH_URL",
    "PLANETARY_COMPUTER_URL",
    "PLANETARY_COMPUTER_SAS_URL",
    "PLANETARY_COMPUTER_STORAGE_URL",
)
SECRETS = (
    "CDSE_PASSWORD",
    "CDSE_TOTP",
    "CDSE_S3_ACCESS_KEY",
    "CDSE_S3_SECRET_KEY",
    "DHUS_PASSWORD",
)


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_service_has_an_address_that_can_be_replaced(name: str) -> None:
    assert getattr(load_settings(environ={}).services, name.lower()).startswith("https://")
    environ = {name: " http://127.0.0.1:8080/base/ "}
    services = load_settings(environ=environ).services
    assert getattr(services, name.lower()) == "http://127.0.0.1:8080/base"


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("text", ["ftp://host", "https://", "/path"])
def test_what_is_no_address_is_refused_by_name(name: str, text: str) -> None:
    if name == "CDSE_S3_ENDPOINT" and text == "/path":
        text = "https:///path"
    with pytest.raises(WrongUseError, match=name):
        load_settings(environ={name: text})


def test_the_object_store_may_be_named_as_gdal_does() -> None:
    services = load_settings(environ={"CDSE_S3_ENDPOINT": "eodata.example"}).services
    assert services.cdse_s3_endpoint == "https://eodata.example"


@pytest.mark.parametrize("name", [*SECRETS, "CDSE_USERNAME", "DHUS_USER"])
def test_credentials_are_read_as_they_are_and_secrets_never_shown(name: str) -> None:
    settings = load_settings(environ={name: " s3cr3t "})
    assert getattr(settings.services, name.lower()) == " s3cr3t "
    assert ("s3cr3t" in repr(settings)) is (name not in SECRETS)


def test_the_cache_has_a_limit_in_gigabytes() -> None:
    assert load_settings(environ={}).services.cache_bytes == 100e9
    assert load_settings(environ={"MIGRATE_CACHE_GB": "0.5"}).services.cache_bytes == 5e8
    with pytest.raises(WrongUseError, match="MIGRATE_CACHE_GB"):
        load_settings(environ={"MIGRATE_CACHE_GB": "much"})


def test_the_thresholds_of_suggestions_are_read() -> None:
    assert load_settings(environ={}).thresholds == AssessmentSettings(0.3, 0.02, 0.2)
    environ = {
        "MIGRATE_REJECT_HIDDEN": "0.5",
        "MIGRATE_ACCEPT_HIDDEN": "0.1",
        "MIGRATE_ACCEPT_THIN": "0",
    }
    assert load_settings(environ=environ).thresholds == AssessmentSettings(0.5, 0.1, 0.0)


@pytest.mark.parametrize("name", ["REJECT_HIDDEN", "ACCEPT_HIDDEN", "ACCEPT_THIN"])
def test_a_threshold_is_a_share(name: str) -> None:
    with pytest.raises(WrongUseError, match=f"MIGRATE_{name} is '30'.*0 to 1"):
        load_settings(environ={f"MIGRATE_{name}": "30"})


def test_what_is_accepted_must_not_be_hidden_more_than_what_is_rejected() -> None:
    with pytest.raises(WrongUseError, match=r"MIGRATE_ACCEPT_HIDDEN is 0\.4.*REJECT_HIDDEN 0\.3"):
        load_settings(environ={"MIGRATE_ACCEPT_HIDDEN": "0.4"})
