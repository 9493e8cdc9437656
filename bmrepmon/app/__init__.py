"""The composition root: the one part that sees everything and wires it together; no logic of its own."""
