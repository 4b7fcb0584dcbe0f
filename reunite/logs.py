"""Logs: one JSON object a line, ids and classes of errors only, never what people wrote.

Libraries log too, and their messages and tracebacks can hold what people wrote: of an exception only its class is kept.
"""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor


def configure() -> None:
    """Set logging up for this process; to standard error, from warnings on for libraries."""
    readable = sys.stderr.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    stamps: list[Processor] = [
        structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]  # fmt: skip
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=stamps,
            processors=[_class_only, structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *stamps, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if readable else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _class_only(_: object, __: str, event: EventDict) -> EventDict:
    """Of a library's record with an exception: which logger, and the exception's class."""
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    raised = event.pop("exc_info", None)
    if raised:
        event["event"], event["problem"] = "library_error", raised[0].__name__
    return event
