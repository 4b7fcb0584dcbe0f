"""For schemathesis, which runs in an environment of its own: every request comes from another address, so that it
tries the routes and not the limits of one address."""

import random

import schemathesis


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: object, case: object, kwargs: dict[str, object]) -> None:
    """Say that a proxy passed it on."""
    headers = getattr(case, "headers", None)
    if headers is not None:
        headers["X-Forwarded-For"] = f"198.18.{random.randrange(256)}.{random.randrange(1, 255)}"
