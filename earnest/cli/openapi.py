"""`earnest openapi`: the description of the API, for files and generators."""

from __future__ import annotations

import sys


def openapi() -> None:
    """Print the API as an OpenAPI 3.1 document (JSON).

    It is the one that a server shows at /openapi.json; nothing has to run for it.
    """
    from earnest.app import description

    sys.stdout.buffer.write(description().text)
