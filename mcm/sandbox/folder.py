"""Where a sandbox keeps what its clients need, and how they speak to it.

Apart from the server, so that a command which only talks to a running sandbox does not
load the engine.
"""

FOLDER = ".mcm-sandbox"
STATE = "state.json"
CREDENTIALS = "credentials"

PREFIX = "/_mcm/"
"""The admin routes, which need the token from the state file."""
TOKEN_HEADER = "x-mcm-token"  # noqa: S105 - the name of a header

BUILD = "mcm.sandbox.http:build"
"""What makes the engine: `module:function`, called with the clock."""
