"""The two tables that a run hands to the models, and what they are made of; light to import.

What belongs elsewhere: what fills them (`history.py`).
"""

from __future__ import annotations

import pyarrow as pa

READ = frozenset({"accounts", "customer_links"})  # raw tables, of any source
TEXT = pa.string()
ACCOUNTS = pa.schema(
    [
        *((name, TEXT) for name in ("crm", "account_id", "account_name", "customer", "joined_to", "rule")),
        ("likeness", pa.decimal128(9, 6)),
        ("evidence", TEXT),
        ("is_gone", pa.bool_()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
QUESTIONS = pa.schema(
    [
        *((name, TEXT) for name in ("crm", "account_id", "account_name", "other_crm", "other_account_id", "other_account_name")),
        ("why", TEXT),
        ("likeness", pa.decimal128(9, 6)),
        ("evidence", TEXT),
        ("asked_since", pa.date32()),
    ]
)
