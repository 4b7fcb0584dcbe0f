"""Logs carry ids and classes of errors, never what people wrote, also when a library logs it."""

import json
import subprocess
import sys

_LOGS = """
import logging, structlog
from reunite import logs
logs.configure()
structlog.get_logger().info("job_done", report=7)
try:
    raise ValueError("SECRETNAME")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
logging.getLogger("some.library").info("SECRETNAME")
logging.getLogger("some.library").warning("a warning")
"""


def test_every_line_is_json_and_of_an_exception_only_the_class_is_kept() -> None:
    done = subprocess.run([sys.executable, "-c", _LOGS], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["job_done", "library_error", "a warning"]
    assert lines[1]["problem"] == "ValueError"
    assert lines[1]["logger"] == "uvicorn.error"
    assert "SECRETNAME" not in done.stdout + done.stderr
