"""Home: what this is, where the work stands, and the next step."""

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.jobs import now_utc
from migrate_core.review.overview import Overview, overview
from migrate_core.settings import load_settings
from migrate_core.store import Store, open_store
from migrate_core.workspace import Workspace

WHAT = (
    "Segmentation masks drawn on another satellite's images become training data for Sentinel-2. "
    "For each mask a Sentinel-2 scene is found that is close in time and clear over it; the mask "
    "is put on the scene's 10 m grid. A person accepts or rejects each pair, and the accepted "
    "ones are exported as a dataset."
)
STAGES = {
    "Masks": ("masks", "ready", "problem"),
    "Scenes": ("scenes", "selected", "without"),
    "Pairs": ("pairs", "done", "failed"),
    "Review": ("review", "accepted", "undecided"),
}
WORDS = {
    "ready": "ready to search",
    "problem": "with a problem",
    "selected": "masks with a scene",
    "without": "masks without one",
    "done": "made",
    "failed": "failed",
    "accepted": "accepted",
    "undecided": "undecided",
}


@st.cache_resource
def opened_store(root: str, database_url: str | None) -> Store:
    """One store for all sessions of the server."""
    return open_store(Workspace(load_settings().workspace), database_url)


@st.fragment(run_every=2.0)
def standing(store: Store) -> None:
    """The counts of every stage, renewed while a run works."""
    found = overview(store, now_utc())
    for column, (title, (stage, good, rest)) in zip(st.columns(4), STAGES.items(), strict=True):
        counts = getattr(found, stage)
        with column.container(border=True):
            st.metric(f"{title}: {WORDS[good]}", counts.get(good, 0))
            st.caption(f"{counts.get(rest, 0)} {WORDS[rest]}")
    running(found)
    st.subheader("Next step")
    st.code(f"python -m migrate_core {found.next_step}", language="bash")


def running(found: Overview) -> None:
    """The run that is at work, with how far it is."""
    if found.running is None:
        return
    job = found.running
    text = f"Making pairs: {job.finished} of {job.total} finished, {job.failed} failed"
    st.progress(job.finished / max(job.total, 1), text)


st.set_page_config("Label migration to Sentinel-2", ":material/satellite_alt:", layout="wide")
st.title("Label migration to Sentinel-2")
st.write(WHAT)
settings = load_settings()
st.caption(f"Workspace: `{settings.workspace}`")
try:
    standing(opened_store(str(settings.workspace), settings.database_url))
except MigrateError as err:
    st.error(str(err))
