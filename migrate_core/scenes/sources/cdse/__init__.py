"""`cdse`: the Copernicus Data Space, searched and downloaded by OData.

https://documentation.dataspace.copernicus.eu/APIs/OData.html
"""

from __future__ import annotations

from .adapter import Cdse
from .products import SPEC

__all__ = ["SPEC", "Cdse"]
