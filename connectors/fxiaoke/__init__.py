"""纷享销客 Fxiaoke: its catalogue, its two logins, its dialect.

What to add here: nothing; `objects.py` lists what is read, `dialect.py` knows logins and answers, `connection.py` asks.
What belongs elsewhere: retry and throttling (`connectors/client`), where pages land (`connectors/lake`).
"""

from connectors.fxiaoke.connection import FxiaokeConnection, connect
from connectors.fxiaoke.dialect import FxiaokeSettings, Style
from connectors.fxiaoke.objects import OBJECTS, custom_object

__all__ = ["OBJECTS", "FxiaokeConnection", "FxiaokeSettings", "Style", "connect", "custom_object"]
