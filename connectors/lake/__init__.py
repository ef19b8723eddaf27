"""The lake: every page that arrived, the versions in it, and the manifest that makes a pull count.

What to add here: nothing; this file only names what others use.
What belongs elsewhere: asking a CRM (`client`), what a version is (`versions.py`), when pulls run (pipelines).
"""

from connectors.lake.extraction import Extraction, extract, extract_all
from connectors.lake.store import Lake
from connectors.landing import Manifest

__all__ = ["Extraction", "Lake", "Manifest", "extract", "extract_all"]
