"""The practice loop: from opening a kata to knowing it."""
