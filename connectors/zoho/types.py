"""Zoho's types of fields in ours, for objects that only one company has. Data only.

What to add here: a `data_type` that Zoho has and that is more than text.
What belongs elsewhere: fields that every company has, typed in `objects.py`.
"""

from connectors.catalogue import FieldType

T = FieldType

TYPES = {
    "date": T.DATE,
    "datetime": T.TIMESTAMP,
    "integer": T.INTEGER,
    "double": T.NUMBER,
    "percent": T.NUMBER,
    "currency": T.MONEY,
    "boolean": T.BOOLEAN,
    "lookup": T.ID,
    "ownerlookup": T.ID,
    "userlookup": T.ID,
    "multi_module_lookup": T.ID,
    "multiselectpicklist": T.JSON,
    "linetax": T.JSON,
}
PERSONAL = frozenset({"email", "phone"})
