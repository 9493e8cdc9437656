"""The message files of one store of a backend: all of them at first, and then what has changed."""

from bmrepmon.sources.spool.pace import Pace
from bmrepmon.sources.spool.printable import printable
from bmrepmon.sources.spool.source import StoreSource
from bmrepmon.sources.spool.tree import DEPTH, StoreTree
from bmrepmon.sources.spool.unique import UniqueMessages

__all__ = ["DEPTH", "Pace", "StoreSource", "StoreTree", "UniqueMessages", "printable"]
