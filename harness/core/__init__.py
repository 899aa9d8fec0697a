"""What every other package may use: the model, errors, reports, text, CSV, the state folder. Imports nothing of the harness."""
