"""Files from people who are not trusted, out of folders, zips and git repositories: listed, bounded, read as bytes."""
