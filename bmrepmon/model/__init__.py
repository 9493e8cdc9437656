"""What bmrepmon knows: frozen values and pure functions over them. No IO, no clock, no log."""
