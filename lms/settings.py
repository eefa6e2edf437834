"""Settings: one frozen record, read once from the environment, strict about what it reads."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lms.errors import SettingsError

DEFAULT_INSTANCE = Path("instance")


ANY_ORIGIN = "*"
STORE_NAME = re.compile(r"[a-z][a-z0-9]{0,30}")


@dataclass(frozen=True, slots=True)
class Store:
    """A learning record store elsewhere that the settings name."""

    name: str
    endpoint: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides. `mode` is `local` (embedded defaults) or `production`."""

    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    mode: str = "local"
    instance: Path = DEFAULT_INSTANCE
    base_url: str = "http://127.0.0.1:8000"
    company: str = "Northwind Tools"
    zone: str = "America/New_York"
    mail_url: str | None = field(default=None, repr=False)
    mail_from: str = "fieldwork@localhost"
    lrs_endpoint: str | None = None
    lrs_user: str | None = None
    lrs_password: str | None = field(default=None, repr=False)
    lrs_stores: tuple[Store, ...] = ()
    xapi_per_minute: int = 30_000
    metrics_token: str | None = field(default=None, repr=False)
    xapi_version: str = "1.0.3"
    xapi_megabytes: int = 64
    xapi_origins: tuple[str, ...] = ()
    recording_megabytes: int = 100
    proxy_count: int = 0
    session_days: int = 14
    argon2_cheap: bool = False
    rate_limits: bool = True
    testing: bool = False

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def stores(self) -> tuple[Store, ...]:
        """Every store elsewhere that the settings name; the one without a name of its own is `external`."""
        if not self.lrs_endpoint:
            return self.lrs_stores
        return (Store("external", self.lrs_endpoint, self.lrs_user or "", self.lrs_password or ""), *self.lrs_stores)


def flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    match environ.get(name, str(default).lower()):
        case "true":
            return True
        case "false":
            return False
        case other:
            raise SettingsError(f"{name} must be 'true' or 'false', not {other!r}")


def number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def xapi_version(text: str) -> str:
    """The version spoken at /xapi with who names none."""
    if text not in {"1.0.3", "2.0.0"}:
        raise SettingsError(f"LMS_XAPI_VERSION must be 1.0.3 or 2.0.0, not {text!r}")
    return text


def xapi_origins(text: str) -> tuple[str, ...]:
    """The sites whose pages may use /xapi from a browser."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        parts = urlsplit(origin)
        if origin != ANY_ORIGIN and (
            parts.scheme not in {"http", "https"} or f"{parts.scheme}://{parts.netloc}" != origin
        ):
            raise SettingsError(
                f"LMS_XAPI_ORIGINS: {origin!r} is no origin. Write https://content.example.com, without a path or a "
                "slash at its end, several with commas between them, or * for every site."
            )
    return found


def database_url(text: str) -> str:
    """The SQLAlchemy URL for what organizations usually hand out (`postgres://…`)."""
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError("DATABASE_URL must begin with postgresql:// or sqlite:///")
    return text


def store(environ: Mapping[str, str], name: str, prefix: str) -> Store:
    """The store that `prefix`_ENDPOINT, _USER and _PASSWORD describe; all three are needed."""
    endpoint = environ.get(f"{prefix}_ENDPOINT", "")
    if urlsplit(endpoint).scheme not in {"http", "https"} or not urlsplit(endpoint).hostname:
        raise SettingsError(f"{prefix}_ENDPOINT must begin with http:// or https://, not {endpoint!r}")
    user, password = environ.get(f"{prefix}_USER"), environ.get(f"{prefix}_PASSWORD")
    if not user or not password:
        raise SettingsError(f"{prefix}_ENDPOINT needs {prefix}_USER and {prefix}_PASSWORD, the key pair of that store.")
    return Store(name, endpoint, user, password)


def named_stores(environ: Mapping[str, str]) -> tuple[Store, ...]:
    """The stores in LMS_LRS_STORES (`analytics,archive`), each by LMS_LRS_ANALYTICS_ENDPOINT and so on."""
    names = [name.strip() for name in environ.get("LMS_LRS_STORES", "").split(",") if name.strip()]
    for name in names:
        if not STORE_NAME.fullmatch(name) or name in {"external", "embedded"}:
            raise SettingsError(
                f"LMS_LRS_STORES: {name!r} cannot name a store. Use small letters and digits, "
                "beginning with a letter, and neither 'external' nor 'embedded'."
            )
    if len(set(names)) != len(names):
        raise SettingsError("LMS_LRS_STORES names a store twice.")
    return tuple(store(environ, name, f"LMS_LRS_{name.upper()}") for name in names)


def recording_megabytes(environ: Mapping[str, str]) -> int:
    most = number(environ, "LMS_RECORDING_MEGABYTES", 100)
    if most < 1:
        raise SettingsError("LMS_RECORDING_MEGABYTES must be 1 or more: how large one recording of a learner may be.")
    return most


def metrics_token(environ: Mapping[str, str]) -> str | None:
    token = environ.get("LMS_METRICS_TOKEN") or None
    if token is not None and (len(token) < 16 or not token.isascii() or not token.isprintable() or " " in token):
        raise SettingsError("LMS_METRICS_TOKEN must have 16 or more letters, digits or signs, and no blanks.")
    return token


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read the environment once; raise SettingsError with a sentence that says what to set."""
    mode = environ.get("LMS_MODE", "local")
    if mode not in {"local", "production"}:
        raise SettingsError(f"LMS_MODE must be 'local' or 'production', not {mode!r}")
    instance = Path(environ.get("LMS_INSTANCE", DEFAULT_INSTANCE)).resolve()
    secret = environ.get("SECRET_KEY")
    if secret is None:
        if mode == "production":
            raise SettingsError(
                "A production start needs SECRET_KEY: set it to 32 or more random characters "
                '(python -c "import secrets; print(secrets.token_urlsafe(48))") and keep it secret.'
            )
        secret = _kept_secret(instance)
    if mode == "production" and len(secret) < 32:
        raise SettingsError("SECRET_KEY must have 32 or more characters in production.")
    url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'fieldwork.db'}"
    base_url = environ.get("LMS_BASE_URL")
    if base_url is None:
        if mode == "production":
            raise SettingsError(
                "A production start needs LMS_BASE_URL, the address people type, for links in mail "
                "and ids in statements (for example https://learn.example.com)."
            )
        base_url = f"http://127.0.0.1:{number(environ, 'PORT', 8000)}"
    if urlsplit(base_url).scheme not in {"http", "https"}:
        raise SettingsError(f"LMS_BASE_URL must begin with http:// or https://, not {base_url!r}")
    mail_url = environ.get("MAIL_URL") or None
    if mail_url is not None and urlsplit(mail_url).scheme not in {"smtp", "smtps"}:
        raise SettingsError(
            "MAIL_URL must begin with smtp:// or smtps:// (smtp://user:password@host:587?starttls=true)"
        )
    external = store(environ, "external", "LMS_LRS") if environ.get("LMS_LRS_ENDPOINT") else None
    zone = environ.get("LMS_ZONE", "America/New_York")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as wrong:
        raise SettingsError(f"LMS_ZONE must name a time zone such as Europe/Berlin, not {zone!r}") from wrong
    return Settings(
        secret_key=secret,
        database_url=database_url(url),
        mode=mode,
        instance=instance,
        base_url=base_url.rstrip("/"),
        company=environ.get("LMS_COMPANY", "Northwind Tools"),
        zone=zone,
        mail_url=mail_url,
        mail_from=environ.get("MAIL_FROM", "fieldwork@localhost"),
        lrs_endpoint=external.endpoint if external else None,
        lrs_user=external.user if external else None,
        lrs_password=external.password if external else None,
        lrs_stores=named_stores(environ),
        xapi_per_minute=number(environ, "LMS_XAPI_PER_MINUTE", 30_000),
        metrics_token=metrics_token(environ),
        xapi_version=xapi_version(environ.get("LMS_XAPI_VERSION", "1.0.3")),
        xapi_megabytes=number(environ, "LMS_XAPI_MEGABYTES", 64),
        xapi_origins=xapi_origins(environ.get("LMS_XAPI_ORIGINS", "")),
        recording_megabytes=recording_megabytes(environ),
        proxy_count=number(environ, "LMS_PROXY_COUNT", 0),
        session_days=number(environ, "LMS_SESSION_DAYS", 14),
        argon2_cheap=flag(environ, "LMS_ARGON2_CHEAP", False),
        rate_limits=flag(environ, "LMS_RATE_LIMITS", True),
    )


def _kept_secret(instance: Path) -> str:
    """The local server's own random key, made once: sign-ins survive a restart, nothing is shared."""
    path = instance / "secret-key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    instance.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(48)
    # Written aside and then linked into place: another process that starts now sees no key or a whole one.
    aside = path.with_name(f"secret-key.{secrets.token_hex(4)}")
    aside.touch(mode=0o600)
    aside.write_text(secret, encoding="ascii")
    try:
        path.hardlink_to(aside)
    except FileExistsError:  # two processes started at once; the first one's key stands
        return path.read_text(encoding="ascii").strip()
    finally:
        aside.unlink()
    return secret
