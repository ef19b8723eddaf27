"""Fxiaoke's types of fields in ours, for objects that only one company has. Data only.

What to add here: a `type` of describe that is more than text.
What belongs elsewhere: fields that every company has, typed in `objects.py`.
"""

from connectors.catalogue import FieldType

T = FieldType

TYPES = {
    "date": T.DATE,
    "date_time": T.TIMESTAMP,
    "number": T.NUMBER,
    "percentile": T.NUMBER,
    "currency": T.MONEY,
    "true_or_false": T.BOOLEAN,
    "object_reference": T.ID,
    "master_detail": T.ID,
    "employee": T.JSON,  # a list, even of one
    "department": T.JSON,
    "select_many": T.JSON,
    "image": T.JSON,
    "file_attachment": T.JSON,
    "embedded_object_list": T.JSON,
    "group": T.JSON,
}
PERSONAL = frozenset({"email", "phone_number", "location"})
