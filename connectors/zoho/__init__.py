"""Zoho CRM: its catalogue, its login, its dialect.

What to add here: nothing; `objects.py` lists what is read, `dialect.py` knows the answers, `walk.py` pages, `connection.py` asks.
What belongs elsewhere: retry and throttling (`connectors/client`), where pages land (`connectors/lake`).
"""

from connectors.zoho.connection import ZohoConnection, connect
from connectors.zoho.dialect import ZohoSettings
from connectors.zoho.objects import OBJECTS, custom_object

__all__ = ["OBJECTS", "ZohoConnection", "ZohoSettings", "connect", "custom_object"]
