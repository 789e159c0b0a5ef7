"""For all tests: what commands keep about a user goes into a folder of its own."""

import atexit
import os
import shutil
import tempfile

# Before any test module copies the environment for the commands that it starts.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="mcm-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)

# The machine's own way to the internet is nothing that a test may depend on.
for _name in ("HTTPS_PROXY", "https_proxy", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
    os.environ.pop(_name, None)
