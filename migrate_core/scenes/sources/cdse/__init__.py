"""`cdse`: the Copernicus Data Space, searched and downloaded by OData.

https://documentation.dataspace.copernicus.eu/APIs/OData.html
"""

from __future__ import annotations

from .fetch import CDSE_LIMITS, CLOUD_FILES, CdseFetcher, NoCloudFilesError, OfflineError
from .products import SPEC
from .source import CdseSource

__all__ = [
    "CDSE_LIMITS",
    "CLOUD_FILES",
    "SPEC",
    "CdseFetcher",
    "CdseSource",
    "NoCloudFilesError",
    "OfflineError",
]
