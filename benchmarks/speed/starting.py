"""The start of the command line: what it takes, and which packages it must not import."""

from __future__ import annotations

from benchmarks.speed.comparing import OURS, Setup, compete
from benchmarks.speed.measuring.cost import command_line, contestant
from benchmarks.speed.tables import Found

# Of pages, of formats, of pixels and of services: what no command needs before it does something.
UNWANTED = (
    *("streamlit", "folium", "streamlit_folium", "distributed", "torch", "zarr", "sklearn"),
    *("scipy", "matplotlib", "geopandas", "pandas", "rasterio", "PIL", "pystac", "sentinelsat"),
)


def measure(setup: Setup) -> Found:
    """The table; problems are packages that are imported before anything is asked for."""
    workspace = setup.scratch("starting")
    status = command_line(OURS, workspace, "status", "--json")
    found = compete([lambda: status], setup.rounds)
    imported = contestant("imports", "ours", "modules", names=UNWANTED)
    asked = compete([lambda: imported], 1)
    names = asked.answers.get("imports") or []
    problems = [*found.problems, *asked.problems]
    problems += [f"{name} is imported by `python -m migrate_core`" for name in names]
    return Found("Start of the command line", found.rows("`status`, nothing there"), [], problems)
