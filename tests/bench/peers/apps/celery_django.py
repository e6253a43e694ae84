"""Celery with Django's ORM and Redis: tasks sent when the transaction has committed.

gunicorn serves `application`, `celery -A tests.bench.peers.apps.celery_django` works, and
`python -m tests.bench.peers.apps.celery_django` prepares the database.
"""

import json
from uuid import uuid4

import django
from celery import Celery
from celery.signals import worker_ready
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from psycopg.conninfo import conninfo_to_dict

from tests.bench.peers.apps import common

_where = conninfo_to_dict(common.DSN)
settings.configure(
    SECRET_KEY=common.PREFIX,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _where["dbname"],
            "USER": _where["user"],
            "PASSWORD": _where["password"],
            "HOST": _where["host"],
            "PORT": _where["port"],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

app = Celery("peers", broker=common.REDIS)
app.conf.task_ignore_result = True
app.conf.task_routes = {"decide": "panels", "tell": "notifications"}
if common.SAFE:
    app.conf.task_acks_late = True
    app.conf.task_reject_on_worker_lost = True
    app.conf.worker_prefetch_multiplier = 1
    # An hour by default; a task here takes a fraction of a second.
    app.conf.broker_transport_options = {"visibility_timeout": 10}


class Row(models.Model):
    class Meta:
        abstract = True
        app_label = "peers"


class Referral(Row):
    id = models.TextField(primary_key=True)
    form = models.JSONField()

    class Meta(Row.Meta):
        db_table = "referral"


class Event(Row):
    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    referral_id = models.TextField()
    payload = models.JSONField()

    class Meta(Row.Meta):
        db_table = "event"


class PanelCase(Row):
    id = models.TextField(primary_key=True)
    decision = models.JSONField()

    class Meta(Row.Meta):
        db_table = "panel_case"


class Message(Row):
    id = models.TextField(primary_key=True)
    state = models.TextField(default="pending")
    sent_at = models.DateTimeField(null=True)

    class Meta(Row.Meta):
        db_table = "message"


def submit(request: HttpRequest) -> JsonResponse:
    id, form = str(uuid4()), json.loads(request.body)
    with transaction.atomic():
        Referral.objects.create(id=id, form=form)
        Event.objects.create(kind="received", referral_id=id, payload=form)
        transaction.on_commit(lambda: decide.delay(id, form))
    return JsonResponse({"reference": id}, status=202)


@app.task(name="decide")
def decide(id: str, form: dict) -> None:
    said = json.loads(common.decision(form))
    with transaction.atomic():
        PanelCase.objects.get_or_create(id=id, defaults={"decision": said})
        Event.objects.create(kind="decided", referral_id=id, payload=said)
        transaction.on_commit(lambda: tell.delay(id))


@app.task(name="tell")
def tell(id: str) -> None:
    message, _ = Message.objects.get_or_create(id=id)
    if message.state == "sent":
        return
    common.send(id)
    Message.objects.filter(id=id).update(state="sent", sent_at=timezone.now())


@worker_ready.connect
def say_ready(**_: object) -> None:
    print("ready", flush=True)


urlpatterns = [path("api/referrals", submit)]
application = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        for model in (Referral, Event, PanelCase, Message):
            editor.create_model(model)
