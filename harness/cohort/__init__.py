"""Grading a cohort: releases, submissions, the referee and the player, results and their exports."""
