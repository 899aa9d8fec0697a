"""From reports to the scoreboard, and the forms in which it is shown."""
