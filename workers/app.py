"""Celery, set so that it cannot lose work: the database is the queue, a message only a doorbell without data.

Each setting that departs from Celery's defaults says why; the faults behind them are in docs/decisions.
"""

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_process_shutdown

from reunite import logs
from reunite.service import configured
from workers import broker
from workers.doorbell import DELIVER, DRAIN, DRAIN_BULK, NOTIFICATIONS, queue_of
from workers.versions import refuse_deaf_workers

refuse_deaf_workers()
broker.install()
settings = configured()
TASKS = (DRAIN, DRAIN_BULK, DELIVER)
app = Celery("reunite", broker=settings.redis_url or "redis://127.0.0.1:6379/0", include=["workers.tasks"])
app.conf.update(
    # Names of our own: another program's messages are in other queues.
    task_queues=[queue_of(task, settings.shard) for task in TASKS],
    task_default_queue=queue_of(DRAIN, settings.shard).name,
    task_routes={task: {"queue": queue_of(task, settings.shard)} for task in TASKS},
    task_create_missing_queues=False,
    task_ignore_result=True,
    result_backend=None,  # nobody reads results: they are in the database
    task_acks_late=False,  # the lease in the database owns redelivery; a redelivered message would only repeat a ring
    task_reject_on_worker_lost=False,  # a task that kills its worker would loop for ever
    worker_prefetch_multiplier=1,
    task_soft_time_limit=50,  # a drain ends by itself after 20 s; these stop one that hangs …
    task_time_limit=60,  # … well before its lease runs out (REUNITE_LEASE_SECONDS, 120)
    task_serializer="json",
    accept_content=["json"],  # nothing that a broker holds may become code
    broker_transport_options={
        "visibility_timeout": 120,
        "socket_timeout": 5,  # without it a worker never recovers from a network that swallows packets
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "queue_order_strategy": "priority",  # a worker of all queues looks for what people wait for first
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # come back whenever Redis does
    worker_enable_remote_control=False,  # nothing but the doorbell goes over the broker
    worker_send_task_events=False,
    worker_proc_alive_timeout=600.0,  # a process loads both indices before it takes its first ring
)


@setup_logging.connect
def _logs(**_: object) -> None:
    logs.configure()  # Celery's own would print tracebacks, and they can hold what people wrote


@worker_process_init.connect
def _open(**_: object) -> None:
    from workers import tasks

    # Who was told to deliver and nothing else needs no index.
    tasks.open_process(
        settings, ranks=set(app.amqp.queues.consume_from) != {NOTIFICATIONS}
    )  # after the fork: a pool of connections shared over one mixes up answers


@worker_process_shutdown.connect
def _close(**_: object) -> None:
    from workers import tasks

    tasks.close_process()
