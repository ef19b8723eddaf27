"""Every switch of the simulators, each with what it changes and how well that is known.

What to add here: a fact the reference files mark [U] or [C], as a field with its default and its tag.
What belongs elsewhere: trouble that passes (`faults.py`); what a switch does, which is decided where it is read.

Tags: [S] sourced, [S1] one source, [I] inferred, [U] unknown, [C] sources conflict, as in the two reference files.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Edition = Literal["free", "standard", "professional", "enterprise", "ultimate"]
CONCURRENCY: dict[str, int] = {"free": 5, "standard": 10, "professional": 15, "enterprise": 20, "ultimate": 25}
CREDITS: dict[str, tuple[int, int]] = {
    "free": (5_000, 0),
    "standard": (50_000, 250),
    "professional": (50_000, 500),
    "enterprise": (50_000, 1000),
    "ultimate": (50_000, 2000),
}
CREDITS_AT_MOST = {"free": 5_000, "standard": 100_000, "professional": 3_000_000, "enterprise": 5_000_000, "ultimate": 2**62}


class ZohoOptions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How this Zoho behaves where documents leave it open, and how much it allows."""

    edition: Edition = "enterprise"
    """[S] Decides credits and concurrency when `limits` is `documented`."""
    licences: int = 100
    """[S] Paid users; credits grow with them."""
    credits: int | None = None
    """[S] Credits in 24 hours, instead of the edition's."""
    concurrency: int | None = None
    """[S] Calls at the same time, instead of the edition's."""
    sub_concurrency: int = 10
    """[S1] Heavy calls (cvid, sort_by, COQL) at the same time."""
    tokens_per_ten_minutes: int = 10
    """[S] Access tokens one refresh token may ask for in ten minutes."""
    live_tokens: int = 15
    """[S] Access tokens of one refresh token that live at once; one more kills the oldest."""
    token_seconds: float = 3600
    """[S] Life of an access token."""
    token_throttle_status: Literal[200, 400] = 400
    """[C] Status of the token endpoint's `Access Denied`."""
    token_throttle_language: Literal["en", "zh"] = "en"  # noqa: S105 a language
    """[S1] Language of its description: the Chinese server writes Chinese."""
    token_lockout_seconds: float = 600
    """[S1] Quiet that the token endpoint wants after it has refused; who asks again within it waits anew (10 to 30 minutes)."""
    token_tells_scope: bool = True
    """[S] Whether the token answer names its scope."""
    life_reply: Literal["seconds", "milliseconds"] = "seconds"
    """[S] Old answers carried `expires_in` in milliseconds beside `expires_in_sec`."""
    api_domain: str | None = None
    """[S] `api_domain` of the token answer; by default this server."""
    scopes: tuple[str, ...] = (
        "ZohoCRM.modules.ALL",
        "ZohoCRM.settings.ALL",
        "ZohoCRM.users.ALL",
        "ZohoCRM.org.ALL",
        "ZohoCRM.bulk.ALL",
        "ZohoCRM.coql.READ",
        "ZohoSearch.securesearch.READ",
        "ZohoCRM.notifications.ALL",
    )
    """[S] What the refresh token was granted; less gives OAUTH_SCOPE_MISMATCH."""
    no_permission: tuple[str, ...] = ()
    """[S] Modules that answer NO_PERMISSION."""
    lacks: tuple[str, ...] = ()
    """[S] Modules that this organisation does not have, or hides from this user: INVALID_MODULE."""
    no_permission_status: Literal[403, 400] = 403
    """[C] Its HTTP status."""
    is_admin: bool = True
    """[S] Only admins read Notes; others get NOT_SUPPORTED."""
    invalid_token_code: Literal["INVALID_TOKEN", "INVALID_OAUTHTOKEN"] = "INVALID_TOKEN"  # noqa: S105 the code's name
    """[C] Code for a dead or foreign access token."""
    nothing_modified: Literal[304, 204] = 304
    """[C] Answer when nothing changed since If-Modified-Since."""
    if_modified_since_inclusive: bool = True
    """[S1] Whether a record modified in that very second is listed."""
    page_binds_if_modified_since: Literal["bound", "remembered", "header"] = "bound"
    """[U] Later pages must repeat the header, may leave it out, or are filtered by whatever they send."""
    page_walk: Literal["offset", "keyset", "snapshot"] = "offset"
    """[U] What a token remembers: a place in a moving list, the last record seen, or the list as it stood."""
    page_token_seconds: float = 86_400
    """[S] Life of a page token."""
    page_counts_up: bool = False
    """[U] Whether `info.page` grows under page tokens."""
    page_token_records: int = 100_000
    """[S] Records that one token walk may reach."""
    page_records: int = 2_000
    """[S] Records that `page` may reach."""
    max_per_page: int = 200
    """[S] Largest `per_page`."""
    per_page_policy: Literal["error", "clamp"] = "error"
    """[I] What a larger `per_page` meets."""
    unknown_field: Literal["omit", "null", "error"] = "omit"
    """[U] What a field that the module lacks gives in `fields`."""
    subform_in_list: Literal["omit", "null", "error"] = "omit"
    """[U] What a subform or multi-select lookup asked for in the list call gives."""
    fields_id_alone: bool = True
    """[S1] Whether `fields=id` alone is accepted."""
    rich_text_fields: tuple[str, ...] = ()
    """[S] Fields cut to 500 characters outside `fetch_full_data`."""
    criteria_in_list: Literal["ignored", "error"] = "ignored"
    """[U] What `criteria`, which some clients send to the list call, meets there."""
    restricted_fields: tuple[str, ...] = ()
    """[S] Sensitive fields that the API shows as null."""
    modules_without_modified_time: tuple[str, ...] = ()
    """[S1] Modules whose records do not say when they changed."""
    ties: Literal["id", "reverse", "shuffled"] = "id"
    """[U] Order of records with an equal Modified_Time; `shuffled` changes it for each call."""
    user_time_zone: str | None = None
    """[S] Write date-times in this zone's offset (the API user's); None leaves them as the folder has them."""
    deleted_records: int | None = 2_000
    """[U] How far `page` reaches in the deleted list; None is without end."""
    recycle_days: int = 60
    """[S] Days a record stays in the recycle bin."""
    permanent_days: int = 120
    """[S] Days a permanent deletion is listed."""
    restore_bumps_modified: bool = True
    """[I] Whether a record that comes back from the recycle bin counts as modified then."""
    all_users_include_deleted: bool = True
    """[U] Whether AllUsers lists deleted users."""
    count_converted: bool = False
    """[U] Whether actions/count of Leads counts converted ones."""
    visible_share: float | None = None
    """[I] Share of every module's records that this user still sees once rights were lost."""
    count_as_string: bool = False
    """[C] Type of `count` in actions/count."""
    deal_history_modified: Literal["entered", "left"] = "entered"
    """[C] What DealHistory's Modified_Time tells, where it is made from the deals' versions."""
    coql_converted: bool = True
    """[U] Whether COQL lists converted leads."""
    coql_max_limit: int = 2_000
    """[C] Largest LIMIT of COQL (2000 or 200)."""
    coql_needs_where: bool = True
    """[I] Whether a query without WHERE is refused."""
    coql_max_select: int = 500
    """[C] Fields of a COQL select (500 or 50)."""
    coql_max_in: int = 100
    """[C] Values of a COQL IN (100 or 50)."""
    coql_window: int = 100_000
    """[S] Rows that COQL's OFFSET may reach."""
    bulk_page_records: int = 200_000
    """[S] Records of one bulk result."""
    bulk_max_pages: int = 500
    """[C] Pages of one bulk query (500 or 50)."""
    bulk_seconds: float = 0.0
    """[S1] How long one bulk job takes (3.5 measured); jobs run one after the other."""
    bulk_downloads_per_minute: int = 10
    """[S] Result downloads in a minute before all of them are refused."""
    bulk_result_seconds: float = 86_400
    """[S] How long a result can be fetched."""
    bulk_credits: int = 50
    """[U] Credits of one bulk job."""
    bulk_converted: Literal["included", "left_out"] = "included"
    """[U] Whether bulk reads of Leads hold converted ones."""
    bulk_bom: bool = False
    """[U] Whether the CSV opens with a byte order mark."""
    bulk_newline: Literal["\n", "\r\n"] = "\n"
    """[U] Line ends of the CSV."""
    bulk_quoting: Literal["needed", "all"] = "needed"
    """[U] Whether the CSV quotes every value or only those that need it."""
    bulk_content_type: Literal["application/zip", "application/x-download"] = "application/zip"
    """[C] Type of a result."""
    bulk_rejected_code: Literal["FIELD_NOT_SUPPORTED", "FIELD_NOT_AVAILABLE"] = "FIELD_NOT_SUPPORTED"
    """[S1] How those of `bulk_rejected_fields` are refused."""
    bulk_list_separator: str = ";"
    """[U] What stands between the values of a multi-select in the CSV."""
    bulk_rejected_fields: tuple[str, ...] = (
        "Address",
        "Coordinates",
        "nearby_distance__s",
        "Billing_Address",
        "Billing_Coordinates",
        "Shipping_Address",
        "Shipping_Coordinates",
        "Mailing_Address",
        "Mailing_Coordinates",
    )
    """[S1] Fields that settings/fields lists and bulk refuses."""
    bulk_omits_orphans: bool = True
    """[S1] Bulk export of DealHistory leaves out rows whose deal is gone."""
    bulk_result_while_added: bool = True
    """[C] Whether the status shows a `result` block before the job is done."""
    watch_days: float = 7
    """[C] How far ahead a notification channel may expire (a week or a day)."""
    modules_without_fields: tuple[str, ...] = ("Visits", "Actions_Performed")
    """[S] Modules that are listed and whose fields answer 204."""


class FxiaokeOptions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How this Fxiaoke behaves where documents leave it open, and how much it allows."""

    calls_per_window: int = 100
    """[S] Calls of one interface (path) in a window."""
    calls_of_others: int = 0
    """[U] Calls of each window that other programs of the tenant use, should the limit be the tenant's."""
    window_seconds: float = 20
    """[S] Length of that window."""
    throttle_code: Literal[14001, 30004] = 30004
    """[U] Code when the window is full."""
    token_throttle_code: Literal[14001, 30004] = 14001
    """[U] Code when the token endpoint is overrun."""
    daily_quota: int = 100_000
    """[S] Calls a day."""
    quota_bought: bool = True
    """[S] Without a quota pack every call answers 30003."""
    tokens_per_minute: int = 10
    """[S] Calls of the token endpoint in a minute."""
    token_concurrent: bool = False
    """[S] Whether two calls of the token endpoint may overlap."""
    token_seconds: float = 7_200
    """[S] Life of an access token."""
    token_renew_seconds: float = 6_600
    """[S] Age from which the token endpoint gives a new one."""
    max_limit: int = 100
    """[C] Largest `limit` of a query."""
    limit_policy: Literal["clamp", "accept", "error"] = "clamp"
    """[U] What a larger `limit` meets."""
    max_limit_custom: int | None = None
    """[U] The same on the custom path, where 200 to 500 were seen; None: as on the other."""
    max_offset: int = 10_000
    """[S] Largest `offset`."""
    offset_must_be_multiple: bool = False
    """[U] Whether an offset that is no multiple of the limit is refused."""
    default_sort: Literal["last_modified_desc", "id"] = "last_modified_desc"
    """[I] Order of a query without `orders`."""
    total_default: bool | None = None
    """[C] Whether `total` is counted unasked; None: in the legacy style yes, in the newer one no."""
    unknown_operator: Literal["ignore", "error"] = "error"
    """[U] What a filter with an operator not in the list meets."""
    unknown_field_filter: Literal["ignore", "error"] = "ignore"
    """[U] What a filter on a field the object lacks meets."""
    between_inclusive: bool = True
    """[U] Whether BETWEEN holds both its ends."""
    invalid_rows_visible: bool = True
    """[U] Whether queries list invalid (作废) records."""
    invalid_is_deleted: bool = False
    """[U] Whether `is_deleted` is true of records that were made invalid."""
    long_text_limit: int | None = None
    """[I] Characters of a long text that a query shows; `get` shows all. None: all."""
    index_lag_ms: int = 0
    """[U] How long a change stays unseen by queries; `get` sees it at once."""
    restore_bumps_modified: bool = True
    """[U] Whether a record that is restored (from 作废 or as a whole) counts as modified then."""
    id_style: Literal["as_stored", "24", "32", "mixed"] = "as_stored"
    """[I] Length of `_id` and of what points to it: 24 digits, 32 as older records have, or both."""
    crm_log_deletions: bool = True
    """[U] Whether the audit log tells of records that were deleted for good."""
    numbers: Literal["as_stored", "strings", "numbers"] = "as_stored"
    """[C] How number and currency fields are written."""
    decorations: bool = True
    """[S] Rows carry `__r`, `__l` and `__relation_ids` beside the fields."""
    describe_api_name: Literal["both", "data", "top"] = "both"
    """[U] Where describe wants `apiName`."""
    missing_user_code: Literal[10010, 32000] = 10010
    """[I] Code of a CRM call that does not say whose rights it uses."""
    ip_allowed: bool = True
    """[S] Whether the IP allow-list lets the caller in; if not, every login answers as if the app were not authorised."""
    require_third_trace_id: bool = False
    """[U] Whether a call without thirdTraceId is refused."""
    department_list: bool = True
    """[S] The newer documents have no list service; off, its paths are unknown."""
    personnel_share: float = 1.0
    """[S] Share of PersonnelObj that this employee may see."""
    custom_path_takes_preset: bool = True
    """[U] Whether preset objects can be read through the custom path."""
    not_admin_share: float | None = None
    """[I] Share of every object that remains visible once the identity has lost its admin role."""
    forbidden: tuple[str, ...] = ()
    """[S] Objects that answer 20014."""
    lacks: tuple[str, ...] = ()
    """[S] Preset objects that this tenant does not have (商机 1.0 in newer ones)."""


class Options(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the simulators do, all of it."""

    limits: Literal["documented", "off"] = "documented"
    """`off` takes away every call limit, quota and token rule of both CRMs."""
    latency_ms: float = 0
    """Time every reply takes at least."""
    page_cache_mib: int = 1024
    """Memory for pages that were written before."""
    zoho: ZohoOptions = msgspec.field(default_factory=ZohoOptions)
    fxiaoke: FxiaokeOptions = msgspec.field(default_factory=FxiaokeOptions)

    def changed(self, changes: dict[str, Any]) -> Options:
        """The same options with some of them set anew; nested ones are merged."""
        plain = msgspec.to_builtins(self)
        for name, value in changes.items():
            plain[name] = plain[name] | value if isinstance(value, dict) and isinstance(plain.get(name), dict) else value
        return msgspec.convert(plain, Options)

    @property
    def zoho_credits(self) -> int:
        """Credits of this Zoho org in 24 hours."""
        base, each = CREDITS[self.zoho.edition]
        granted = min(base + each * self.zoho.licences, CREDITS_AT_MOST[self.zoho.edition])
        return granted if self.zoho.credits is None else self.zoho.credits

    @property
    def zoho_concurrency(self) -> int:
        """Calls of this Zoho org at the same time."""
        return CONCURRENCY[self.zoho.edition] if self.zoho.concurrency is None else self.zoho.concurrency
