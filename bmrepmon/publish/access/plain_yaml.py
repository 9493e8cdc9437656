"""YAML of plain values only, whose mistakes are told by their line and without what stands there."""

from typing import Any, cast

import yaml

USUALLY = "(tabs, quotes and indentation are what usually fails)"


class UnreadableError(ValueError):
    """What is wrong, in words of ours: PyYAML's may repeat what stands in the file."""


class _RefusedError(yaml.MarkedYAMLError):
    """Good YAML that is not taken here."""


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key twice: the second would silently win."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _RefusedError(None, None, "is tagged as what it is not", node.start_mark)
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(names) < len(node.value) or len(set(names)) < len(names):
            raise _RefusedError(None, None, "has a key twice, or one that is no text", node.start_mark)
        return cast("dict[Any, Any]", super().construct_mapping(node, deep))

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _RefusedError(None, None, "has an alias (*), which nothing here needs", mark)
        return super().compose_node(parent, index)


def load(raw: bytes) -> object:
    """Return what a file says. Raises UnreadableError."""
    try:
        return yaml.load(raw.decode("utf-8-sig"), _Loader)  # noqa: S506 - it is a SafeLoader
    except UnicodeDecodeError:
        raise UnreadableError("is not UTF-8: save the file in that encoding") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        what = error.problem if isinstance(error, _RefusedError) else f"is not YAML {USUALLY}"
        raise UnreadableError(f"{line}{what}") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise UnreadableError("is not YAML that can be read") from None
