"""What a learner has done: runs, passes, attempts, snapshots of files, reviews, in SQLite."""
