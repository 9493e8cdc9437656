"""The folders of a backend, by their own metadata and by what has arrived of them."""

from bmrepmon.sources.folders.columns import read_messages
from bmrepmon.sources.folders.probe import ProbeSource
from bmrepmon.sources.folders.records import RecordSource
from bmrepmon.sources.folders.source import FolderSource
from bmrepmon.sources.folders.tree import FolderTree

__all__ = ["FolderSource", "FolderTree", "ProbeSource", "RecordSource", "read_messages"]
