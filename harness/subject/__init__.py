"""Which file a suite tests, and how `import mse as kata` finds it."""
