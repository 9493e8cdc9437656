"""Mappings that cannot change, for use inside frozen values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def frozen(mapping: Mapping[K, V] | None = None) -> Mapping[K, V]:
    """Return a read-only copy of ``mapping``; later changes of the original do not show."""
    return MappingProxyType(dict(mapping or {}))
