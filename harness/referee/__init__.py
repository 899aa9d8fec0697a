"""Suite and subject in two processes: the referee runs the suite and asks, the player has the subject and answers."""
