"""What a history says: figures, charts, the page, the text for a terminal."""
