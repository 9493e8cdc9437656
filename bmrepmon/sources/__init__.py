"""One file per thing that is observed. A source reads; it keeps no history and judges nothing."""
