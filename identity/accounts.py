"""An account as a CRM keeps it, and what of it can be compared.

What to add here: a field of an account that tells customers apart.
What belongs elsewhere: how names and addresses are read (`names.py`), where accounts come from (`records.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from identity.codes import is_valid_code, written_code
from identity.names import Name, province_of, read_address, read_name, read_phone, read_place, spoken

HALF = 9  # signs of a code that one wrong sign leaves whole
ENDING = 2  # last signs of a name by which pairs are found


@dataclass(frozen=True, slots=True)
class Account:
    """One customer record of one CRM, as it was typed."""

    crm: str
    account_id: str
    name: str | None = None
    code: str | None = None
    province: str | None = None
    city: str | None = None
    address: str | None = None
    phone: str | None = None
    is_gone: bool = False  # deleted or invalid: it stays with its customer and brings no others together

    @property
    def key(self) -> str:
        """Its id over both CRMs."""
        return f"{self.crm}:{self.account_id}"


@dataclass(frozen=True, slots=True)
class Traits:
    """What of an account is compared."""

    account: Account
    name: Name
    code: str  # as written, right or not
    valid_code: str  # the same where its check character is right
    place: str  # where the company is: what its name says, else its address
    province: str
    seat: str  # where its address is
    address: str
    street: str
    phone: str

    def row(self) -> dict[str, Any]:
        """As a row for record linkage."""
        core = self.name.core
        return {
            "unique_id": self.account.key,
            "core": core or None,
            "letters": self.name.letters or None,
            "but_one": [f"{core[:place]}_{core[place + 1 :]}" for place in range(len(core))],
            "trade_signs": [core[place : place + 2] for place in range(len(self.name.head), len(core) - 1)],
            "sound": spoken(core) or None,
            "head": self.name.head,
            "head_sound": spoken(self.name.head),
            "ends": f"{core[:1]}{core[-ENDING:]}",
            "form": self.name.form or None,
            "place": self.place or None,
            "province": self.province or None,
            "code": self.code or None,
            "code_start": self.code[:HALF] or None,
            "code_end": self.code[HALF:] or None,
            "code_is_valid": bool(self.valid_code),
            "phone": self.phone or None,
            "street": self.street or None,
        }


def traits_of(account: Account) -> Traits:
    """Read an account."""
    seat = read_place(account.city, account.province, account.address)
    name, (address, street) = read_name(account.name, seat), read_address(account.address, seat)
    place = name.place or seat
    province = province_of(place)
    if province == place and place == seat:
        province = read_place(None, account.province, None) or place
    code, phone = written_code(account.code), read_phone(account.phone)
    return Traits(
        account, name, code, code if is_valid_code(code) else "", place, province_of(province), seat, address, street, phone
    )
