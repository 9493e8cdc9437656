"""What bmrepmon knows: frozen values and pure functions over them. Nothing here opens, sleeps, logs or asks the time."""
