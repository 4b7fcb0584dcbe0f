"""The drain loop and Celery's doorbell: claim a job, run it. Knows reunite; knows no web."""
