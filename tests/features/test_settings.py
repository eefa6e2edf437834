"""Settings refuse to guess: every refusal is a sentence that says what to set."""

import runpy
from pathlib import Path

import pytest
from gunicorn.arbiter import Arbiter

from lms.errors import SettingsError
from lms.settings import database_url, from_environment

GOOD = {"SECRET_KEY": "s" * 40, "LMS_BASE_URL": "https://learn.example.com", "LMS_MODE": "production"}


def read(tmp_path: Path, **changes: str):
    return from_environment({**GOOD, "LMS_INSTANCE": str(tmp_path), **changes})


def test_a_production_start_without_a_secret_key_refuses_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="A production start needs SECRET_KEY"):
        from_environment({"LMS_MODE": "production", "LMS_INSTANCE": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "short", "32 or more"),
        ("LMS_MODE", "staging", "'local' or 'production'"),
        ("LMS_BASE_URL", "learn.example.com", "http:// or https://"),
        ("LMS_ZONE", "Berlin", "Europe/Berlin"),
        ("LMS_ZONE", "../etc/passwd", "Europe/Berlin"),
        ("LMS_RATE_LIMITS", "False ", "'true' or 'false'"),
        ("LMS_PROXY_COUNT", "-1", "whole number"),
        ("LMS_PROXY_COUNT", "two", "whole number"),
        ("DATABASE_URL", "mysql://localhost/x", "postgresql://"),
        ("MAIL_URL", "mail.example.com", "smtp://"),
        ("LMS_LRS_ENDPOINT", "lrs.example.com", "http://"),
        ("LMS_LRS_ENDPOINT", "https://lrs.example.com/xapi", "LMS_LRS_USER"),
        ("LMS_LRS_ENDPOINT", "https://", "http://"),
        ("LMS_LRS_STORES", "Analytics", "small letters"),
        ("LMS_LRS_STORES", "embedded", "neither"),
        ("LMS_LRS_STORES", "a-b", "small letters"),
        ("LMS_LRS_STORES", "analytics", "LMS_LRS_ANALYTICS_ENDPOINT must begin"),
        ("LMS_XAPI_PER_MINUTE", "often", "whole number"),
        ("LMS_METRICS_TOKEN", "short", "16 or more"),
        ("LMS_METRICS_TOKEN", "with blanks in between", "no blanks"),
        ("LMS_XAPI_VERSION", "1.0.2", "1.0.3 or 2.0.0"),
        ("LMS_XAPI_VERSION", "", "1.0.3 or 2.0.0"),
        ("LMS_XAPI_MEGABYTES", "much", "whole number"),
        ("LMS_XAPI_ORIGINS", "content.example.com", "is no origin"),
        ("LMS_XAPI_ORIGINS", "https://content.example.com, https://other.example.com/", "other.example.com/' is no"),
        ("LMS_RECORDING_MEGABYTES", "much", "whole number"),
        ("LMS_RECORDING_MEGABYTES", "0", "1 or more"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read(tmp_path, **{name: value})


def test_a_web_server_is_told_not_to_try_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """Gunicorn starts a process anew for ever, unless it ends with the code of an application that cannot load."""
    for name, value in {**GOOD, "SECRET_KEY": "short"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(__file__).parents[2] / "wsgi.py"))
    assert ended.value.code == Arbiter.APP_LOAD_ERROR
    assert "Fieldwork cannot start. SECRET_KEY must have 32 or more characters" in capsys.readouterr().err


def test_as_many_stores_elsewhere_as_are_named(tmp_path: Path) -> None:
    one = {"LMS_LRS_ENDPOINT": "https://one.example/xapi", "LMS_LRS_USER": "u1", "LMS_LRS_PASSWORD": "p1"}
    more = {"LMS_LRS_STORES": "archive, analytics"}
    for name in ("ARCHIVE", "ANALYTICS"):
        more |= {
            f"LMS_LRS_{name}_ENDPOINT": f"https://{name.lower()}.example/xapi",
            f"LMS_LRS_{name}_USER": f"{name.lower()}-user",
            f"LMS_LRS_{name}_PASSWORD": f"{name.lower()}-hidden",
        }
    assert read(tmp_path).stores == ()
    assert [store.name for store in read(tmp_path, **one).stores] == ["external"]
    found = read(tmp_path, **one, **more)
    assert [(store.name, store.user) for store in found.stores] == [
        ("external", "u1"),
        ("archive", "archive-user"),
        ("analytics", "analytics-user"),
    ]
    assert "hidden" not in repr(found)
    with pytest.raises(SettingsError, match="LMS_LRS_ANALYTICS_PASSWORD"):
        read(tmp_path, **{**more, "LMS_LRS_ANALYTICS_PASSWORD": ""})
    with pytest.raises(SettingsError, match="twice"):
        read(tmp_path, **{**more, "LMS_LRS_STORES": "archive,archive"})


def test_the_embedded_default_needs_no_setting_and_keeps_its_key(tmp_path: Path) -> None:
    first = from_environment({"LMS_INSTANCE": str(tmp_path)})
    second = from_environment({"LMS_INSTANCE": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 48
    assert first.database_url.startswith("sqlite:///")
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_the_record_store_is_set_up_by_settings(tmp_path: Path) -> None:
    usual = read(tmp_path)
    assert (usual.xapi_version, usual.xapi_megabytes) == ("1.0.3", 64)
    other = read(tmp_path, LMS_XAPI_VERSION="2.0.0", LMS_XAPI_MEGABYTES="0")
    assert (other.xapi_version, other.xapi_megabytes) == ("2.0.0", 0)
    assert usual.xapi_origins == ()
    origins = read(tmp_path, LMS_XAPI_ORIGINS="https://content.example.com, http://localhost:8080").xapi_origins
    assert origins == ("https://content.example.com", "http://localhost:8080")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_urls_that_hosts_hand_out_are_understood(scheme: str) -> None:
    assert database_url(f"{scheme}://u:p@db/lms") == "postgresql+psycopg://u:p@db/lms"


def test_no_secret_is_shown_when_settings_are_printed(tmp_path: Path) -> None:
    shown = repr(read(tmp_path, MAIL_URL="smtp://me:hidden@mail.example.com"))
    assert "hidden" not in shown
    assert "s" * 40 not in shown
