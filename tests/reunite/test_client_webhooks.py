"""reunite.client_webhooks is a file that can be copied."""

import ast
import sys
from pathlib import Path

from reunite import client_webhooks


def test_what_checks_webhooks_is_one_short_file_that_needs_only_python() -> None:
    text = Path(client_webhooks.__file__).read_text()
    assert len(text.splitlines()) < 300
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= set(sys.stdlib_module_names)
