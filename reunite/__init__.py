"""The domain: what can happen to a report, and its storage. Knows matching; knows no web and no Celery."""
