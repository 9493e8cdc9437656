"""The folders of a backend by their own metadata."""

from bmrepmon.sources.folders.tree import FolderTree

__all__ = ["FolderTree"]
