"""Frozen values as JSON and back, so that what comes back is equal, and as frozen, as what went in."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from bmrepmon.model.frozen import frozen

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Write ``value`` (dataclasses, tuples, mappings, plain values) as JSON, the same bytes for equal values."""
    return msgspec.json.encode(value, enc_hook=_mapping, order="sorted")


def decode(text: bytes, shape: type[T]) -> T:
    """Read what ``encode`` wrote of a ``shape``; a field that is not there has its default.

    Raises msgspec.DecodeError or msgspec.ValidationError.
    """
    value: T = _frozen(msgspec.json.decode(text, type=shape))
    return value


def _mapping(value: object) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be saved")


def _frozen(value: Any) -> Any:
    """Freeze the mappings inside, which msgspec makes as dicts."""
    if isinstance(value, Mapping):
        return frozen({key: _frozen(inner) for key, inner in value.items()})
    if isinstance(value, tuple):
        inside = map(_frozen, value)
        return type(value)._make(inside) if hasattr(value, "_make") else tuple(inside)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _frozen(getattr(value, field.name)) for field in fields(value)})
    return value
