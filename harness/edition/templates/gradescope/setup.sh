#!/usr/bin/env bash
# Run once, when Gradescope builds the image: Python, the versions of the lock file, and bubblewrap for the sandbox.
set -euo pipefail
here="${AUTOGRADER:-/autograder}/source"
apt-get update
apt-get install -y --no-install-recommends bubblewrap ca-certificates curl
curl -LsSf https://astral.sh/uv/install.sh | env UV_INSTALL_DIR=/usr/local/bin sh
cd "$here"
uv venv --python 3.12 .venv
UV_COMPILE_BYTECODE=1 uv pip install --python .venv/bin/python --require-hashes -r .ci/requirements.txt
uv pip install --python .venv/bin/python --no-deps -e .
