"""Where things lie, which two clocks a run obeys, and how the CRMs are reached: the only file that reads the environment.

What to add here: a place, a secret, a host. What belongs elsewhere: what is done with them.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dagster as dg

from commission.plan import Plan, PlanErrors, acceptance_rows, load_plans, plan_rows
from connectors import fxiaoke, zoho
from connectors.catalogue import Field
from connectors.client import Manners
from connectors.company import Company, Settings
from connectors.company.settings import FILE as SETTINGS
from connectors.company.settings import CustomField
from connectors.lake import Lake
from delivery import Employee, Outbox, ReceiptLog, Recipient, Smtp, compose, key_of, send, transport_from_environment
from pipelines.lock import held
from pipelines.publish import clocks_of
from pipelines.written import Written, read_written, staff_of


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks of a run: the business date it describes and which pulls it may see (aware, UTC)."""

    as_of: date
    known_at: datetime


def night_of(as_of: date, time_zone: str, at: time = time(2)) -> datetime:
    """When the nightly run for a business date runs: 02:00 local time of the next day, in UTC."""
    return datetime.combine(as_of + timedelta(days=1), at, ZoneInfo(time_zone)).astimezone(UTC)


class Clocks(dg.ConfigurableResource):
    """The run's two clocks. Left empty: the moment the run was created, and the business day before it."""

    as_of: str = ""
    known_at: str = ""

    def of(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, time_zone: str) -> Clock:
        """The same answer in every step of a run, whichever process it runs in."""
        if self.known_at:
            known_at = datetime.fromisoformat(self.known_at).astimezone(UTC)
        else:
            record = context.instance.get_run_record_by_id(context.run.run_id)
            if record is None:
                raise dg.Failure("This run is not known to the instance, so its clocks cannot be told: pass as_of and known_at.")
            known_at = record.create_timestamp.astimezone(UTC)
        as_of = (
            date.fromisoformat(self.as_of) if self.as_of else known_at.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)
        )
        return Clock(as_of, known_at)


WRITERS = frozenset({"nightly", "close_month", "refresh_finance"})  # jobs of which a home bears one at a time


class Home(dg.ConfigurableResource):
    """The folder where everything we keep lies, and the company folder beside it."""

    root: str = ""  # QUARTERDECK_HOME, else ./var
    company: str = ""  # QUARTERDECK_COMPANY, else ./company

    def alone(self, what: str) -> AbstractContextManager[None]:
        """Hold this home until the block ends; raises `HomeBusy` while another run does."""
        return held(self.path, what)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Home"]:
        """A run that writes what others read holds its home, whoever started it: a command, the daemon, the browser."""
        job = context.run.job_name if context.run else ""
        if job in WRITERS:
            with self.alone(job):
                yield self
        else:
            yield self

    @property
    def path(self) -> Path:
        """The folder itself, whole."""
        return Path(self.root or os.environ.get("QUARTERDECK_HOME", "var")).absolute()

    @property
    def company_folder(self) -> Path:
        """What the company decides."""
        return Path(self.company or os.environ.get("QUARTERDECK_COMPANY", "company")).absolute()

    @property
    def lake(self) -> Lake:
        """Every page that arrived."""
        return Lake(os.environ.get("QUARTERDECK_LAKE", str(self.path / "lake")))

    @property
    def build(self) -> Path:
        """Where a run builds."""
        return self.path / "build"

    @property
    def published(self) -> Path:
        """The warehouse readers open."""
        return self.path / "published" / "warehouse.duckdb"

    @property
    def archive(self) -> Path:
        """Every build that passed its doors and is kept."""
        return self.path / "published" / "history"

    @property
    def ledger(self) -> Path:
        """The commission ledger."""
        return self.path / "ledger" / "commission"

    @property
    def validation(self) -> Path:
        """What the doors found, and the offline site."""
        return self.path / "validation"

    @property
    def outbox(self) -> Path:
        """Letters, where no mail server is set."""
        return self.path / "outbox"

    @property
    def receipts(self) -> Path:
        """What was sent to whom."""
        return self.path / "receipts"

    @property
    def has_company(self) -> bool:
        """Whether there is a company folder: what is published can be looked at without."""
        return (self.company_folder / SETTINGS).is_file()

    def load_company(self) -> Company:
        """The company folder, checked; raises with every bad cell at once."""
        return Company.load(self.company_folder)

    def staff(self, on: date) -> dict[str, Employee]:
        """Everybody whom the company knows on a day, with the address that reports go to."""
        return staff_of(self.load_company(), on)

    def pay_key(self) -> bytes:
        """What the passwords of pay attachments are made from."""
        return key_of(os.environ, self.path / "state")

    @property
    def settings(self) -> Settings:
        """`company.yaml` alone, checked; the other files are read where their rows are wanted."""
        return Company.settings_of(self.company_folder)

    def written(self) -> Written:
        """Everything that people wrote into the company folder, with all that is wrong in it."""
        return read_written(self.company_folder)

    def plans(self) -> list[Plan]:
        """Commission plans of the company folder; raises with every mistake of every plan at once, or with what may not run."""
        found = self.written()
        if found.plan_errors:
            raise PlanErrors(list(found.plan_errors))
        return list(found.plans)

    def plan_rows(self) -> list[dict[str, object]]:
        """Commission plans, a row a rule."""
        return list(plan_rows(self.plans()))

    def acceptance_rows(self) -> list[dict[str, object]]:
        """Who accepted which plan version, a row a signature."""
        folder = self.company_folder / "plans"
        return list(acceptance_rows(load_plans(folder), self.company_folder)) if folder.is_dir() else []

    def is_replay(self, clock: Clock) -> bool:
        """Whether readers already have a later warehouse than this clock's."""
        published = clocks_of(self.published)
        return published is not None and published > (clock.as_of, clock.known_at)

    def found_by(self, clock: Clock) -> Path:
        """Where what the doors found of this clock's warehouse lies: the site above it describes what readers have."""
        return self.validation / "replay" if self.is_replay(clock) else self.validation

    def building(self, clock: Clock) -> Path:
        """Where this clock's warehouse is built: a replay never disturbs what the newest nightly left."""
        return self.build / "replay" if self.is_replay(clock) else self.build

    def dbt_environment(self, building: Path) -> dict[str, str]:
        """What the dbt project reads of its surroundings."""
        return {
            "QUARTERDECK_LAKE": os.environ.get("QUARTERDECK_LAKE", str(self.path / "lake")),
            "QUARTERDECK_BUILD": str(building),
            "QUARTERDECK_WAREHOUSE": str(building / "warehouse.duckdb"),
        }


class MissingSetting(Exception):
    """An environment variable that a configured CRM cannot do without."""


def _needed(prefix: str, names: Mapping[str, str]) -> dict[str, str]:
    missing = [prefix + suffix for suffix in names.values() if not os.environ.get(prefix + suffix)]
    if missing:
        raise MissingSetting(f"set {', '.join(missing)} in the environment: company.yaml names this CRM")
    return {name: os.environ[prefix + suffix] for name, suffix in names.items()}


class Crms(dg.ConfigurableResource):
    """The CRMs of the company: secrets and hosts from the environment, everything else from company.yaml."""

    @property
    def are_simulated(self) -> bool:
        """Whether a CRM answers on this machine: such a world has a clock of its own, which may be ahead of ours."""
        named = (os.environ.get(f"QUARTERDECK_{name}", "") for name in ("ZOHO_API_URL", "FXIAOKE_URL"))
        return any(urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1") for url in named)

    def zoho(self, home: Home) -> zoho.ZohoConnection | None:
        """A connection to the company's Zoho organisation; None when company.yaml names none."""
        if "zoho" not in home.settings.crm:
            return None
        hosts = {
            name: os.environ[variable]
            for name, variable in (
                ("accounts_url", "QUARTERDECK_ZOHO_ACCOUNTS_URL"),
                ("api_url", "QUARTERDECK_ZOHO_API_URL"),
            )
            if os.environ.get(variable)
        }
        secrets = _needed(
            "QUARTERDECK_ZOHO_",
            {
                "client_id": "CLIENT_ID",
                "client_secret": "CLIENT_SECRET",
                "refresh_token": "REFRESH_TOKEN",
            },
        )
        return zoho.connect(zoho.ZohoSettings(**secrets, **hosts, **_wishes("zoho", home)))

    def fxiaoke(self, home: Home) -> fxiaoke.FxiaokeConnection | None:
        """A connection to the company's Fxiaoke tenant; None when company.yaml names none."""
        if "fxiaoke" not in home.settings.crm:
            return None
        style = fxiaoke.Style(os.environ.get("QUARTERDECK_FXIAOKE_STYLE", "legacy"))
        who = {"open_user_id": "USER"} if style is fxiaoke.Style.LEGACY else {"user_id": "USER", "ea": "EA"}
        secrets = _needed(
            "QUARTERDECK_FXIAOKE_",
            {
                "app_id": "APP_ID",
                "app_secret": "APP_SECRET",
                "permanent_code": "PERMANENT_CODE",
                **who,
            },
        )
        host = {"base_url": os.environ["QUARTERDECK_FXIAOKE_URL"]} if os.environ.get("QUARTERDECK_FXIAOKE_URL") else {}
        return fxiaoke.connect(fxiaoke.FxiaokeSettings(**secrets, **host, style=style, **_wishes("fxiaoke", home)))


def _wishes(crm: str, home: Home) -> dict[str, object]:
    """What company.yaml says about a CRM, as the connectors take it."""
    company = home.settings
    settings = company.crm[crm]
    package = fxiaoke if crm == "fxiaoke" else zoho
    default = (fxiaoke.FxiaokeSettings if crm == "fxiaoke" else zoho.ZohoSettings).__dataclass_fields__["manners"].default
    return {
        "time_zone": company.time_zone,
        "vanishing_limit": settings.vanishing_limit,
        "state_folder": home.path / "state",
        "personal_fields": frozenset(settings.personal_fields),
        "custom_fields": {obj: _typed(fields) for obj, fields in settings.custom_fields.items()},
        "custom_objects": tuple(
            package.custom_object(name, obj.api_name, _typed(obj.fields), is_read_whole=obj.read_whole)
            for name, obj in settings.custom_objects.items()
        ),
        "left_out": settings.left_out(package.OBJECTS),
        "manners": Manners(**{**{name: getattr(default, name) for name in Manners.__dataclass_fields__}, **settings.limits}),
    }


def _typed(fields: Mapping[str, CustomField]) -> tuple[Field, ...]:
    """Fields as company.yaml names and types them."""
    return tuple(Field(name, field.api_name, field.type, field.personal) for name, field in fields.items())


class Mail(dg.ConfigurableResource):
    """How letters travel: by SMTP when `QUARTERDECK_SMTP_URL` is set, else into the outbox folder."""

    @property
    def sender(self) -> str:
        """Who the letters come from."""
        return os.environ.get("QUARTERDECK_MAIL_FROM", "Quarterdeck <quarterdeck@localhost.localdomain>")

    def transport(self, home: Home) -> Outbox | Smtp:
        """The way out."""
        return transport_from_environment(os.environ, home.outbox)

    def log(self, home: Home) -> ReceiptLog:
        """Where receipts are kept."""
        return ReceiptLog(home.receipts / "deliveries.ndjson")

    def notify_data_team(self, home: Home, *, subject: str, text: str, key: str, at: datetime) -> None:
        """A plain notice to `QUARTERDECK_DATA_TEAM`; nothing when that is not set."""
        address = os.environ.get("QUARTERDECK_DATA_TEAM", "")
        if not address:
            return
        reader = Recipient(address, address, address, "data team", "operations")
        letter = compose(
            report_id=f"notice-{key}",
            version=1,
            recipient=reader,
            sender=self.sender,
            subject=f"[Quarterdeck] {subject}",
            lines=tuple(text.splitlines()),
            attachments=(),
            date=at,
        )
        send([letter], transport=self.transport(home), receipts=self.log(home), at=at)
