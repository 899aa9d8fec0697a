"""`kata watch`: each save runs the suite and shows what came back."""
