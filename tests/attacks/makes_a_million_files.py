"""Makes files as long as it can."""

import os
import tempfile
import time


def mse(y_true, y_pred):
    folder = tempfile.mkdtemp()
    end = time.monotonic() + 0.5
    for i in range(1_000_000):
        open(os.path.join(folder, str(i)), "w").close()
        if time.monotonic() > end:
            break
    return 0.0
