"""As much of PromQL as rules are made of: from an expression to a tree.

Prometheus's own parser judges the syntax (`promtool check rules`); this one takes for granted that it was content, and
knows of no subqueries, offsets and `@`.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*\n\s*)*(?:
    (?P<range>\[\w+\])
  | (?P<number>\d+\.?\d*(?:e-?\d+)?)
  | (?P<string>"[^"]*")
  | (?P<word>[a-zA-Z_][\w:]*)
  | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){},])
)""",
    re.VERBOSE,
)
BINDING = (("or",), ("and", "unless"), ("==", "!=", "<=", "<", ">=", ">"), ("+", "-"), ("*", "/", "%"))  # loosest first
SETS = frozenset({"and", "or", "unless"})
COMPARISONS = frozenset(BINDING[2])
AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count", "group", "stddev", "topk", "bottomk", "quantile"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series of a name, or of the names that a matcher of ``__name__`` takes."""

    name: str
    matchers: tuple[tuple[str, str, str], ...] = ()  # label, operator, value
    range: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an aggregation; ``by`` is None where labels are not named."""

    name: str
    arguments: tuple["Node", ...]
    by: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides; ``on`` is None where all labels have to be equal."""

    sign: str
    left: "Node"
    right: "Node"
    on: tuple[str, ...] | None = None
    boolean: bool = False


Node = Number | Selector | Call | Binary


def parse(text: str) -> Node:
    """Return the tree of an expression.

    >>> parse('max by (job) (up{job="a"}) > 1').sign
    '>'
    """
    reader = Reader([str(match[match.lastgroup or 0]) for match in TOKEN.finditer(text.strip())])
    node = reader.binary(0)
    assert not reader.tokens, f"not understood: {reader.tokens[:3]} in {text}"
    return node


def below(node: Node) -> list[Node]:
    """Return the node and everything below it."""
    inside = node.arguments if isinstance(node, Call) else (node.left, node.right) if isinstance(node, Binary) else ()
    return [node, *(deeper for one in inside for deeper in below(one))]


@dataclass(slots=True)
class Reader:
    """What is left of the tokens."""

    tokens: list[str]

    def binary(self, level: int) -> Node:
        """Read operators of ``level`` and of those that bind more closely."""
        if level == len(BINDING):
            return self.single()
        left = self.binary(level + 1)
        while self.tokens and self.tokens[0] in BINDING[level]:
            sign = self.tokens.pop(0)
            boolean = self.took("bool")
            on = self.names() if self.took("on") else None
            left = Binary(sign, left, self.binary(level + 1), on, boolean)
        return left

    def single(self) -> Node:
        """Read what stands between operators."""
        first = self.tokens.pop(0)
        if first == "(":
            inside = self.binary(0)
            self.expect(")")
            return inside
        if first == "{":
            return self.selector("")
        if not re.match(r"[a-zA-Z_]", first):
            return Number(first)
        by = self.names() if first in AGGREGATIONS and self.took("by") else None
        if self.took("("):
            return Call(first, self.arguments(), by)
        return self.selector(first) if self.took("{") else Selector(first, (), self.window())

    def selector(self, name: str) -> Selector:
        """Read the matchers of a selector, behind its brace."""
        matchers = []
        while not self.took("}"):
            matchers.append((self.tokens.pop(0), self.tokens.pop(0), self.tokens.pop(0).strip('"')))
            self.took(",")
        return Selector(name, tuple(matchers), self.window())

    def window(self) -> str:
        """Read a range, where there is one."""
        return self.tokens.pop(0).strip("[]") if self.tokens and self.tokens[0].startswith("[") else ""

    def arguments(self) -> tuple[Node, ...]:
        """Read arguments, behind the opening parenthesis."""
        found: list[Node] = []
        while not self.took(")"):
            found.append(self.binary(0))
            self.took(",")
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """Read names in parentheses."""
        self.expect("(")
        found = []
        while not self.took(")"):
            found.append(self.tokens.pop(0))
            self.took(",")
        return tuple(found)

    def took(self, token: str) -> bool:
        """Take a token if it is the next one."""
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, token: str) -> None:
        """Take a token, which must be the next one."""
        assert self.took(token), f"{token} expected before {self.tokens[:3]}"
