"""Two presses of Submit at the very same moment, on a database of their own with real connections and real commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from lms.db import db
from lms.transfer.models import TransferActivity, TransferMove
from tests.conftest import Visitor
from tests.factories import make_user
from tests.features.transfer.pages import FORM
from tests.features.transfer.stage import STEP, Story

PRESSES = 4


@pytest.mark.parametrize("is_begun", [False, True], ids=["first save", "saved before"])
def test_pressing_submit_again_and_again_is_one_submission(own_app, is_begun):
    own_app.test_client_class = Visitor
    with own_app.app_context():
        milo = make_user("Milo Hart", roles=("manager",))
        rosa = make_user("Rosa Diaz", roles=("rep",), manager=milo)
        enid = make_user("Enid Shaw", roles=("admin", "author"))
        story = Story(SimpleNamespace(milo=milo, rosa=rosa, enid=enid))
        if is_begun:
            story.typed({"opening": "Hello"})
        path, token, lock = f"/transfer/{story.enrollment.id}/{STEP}", rosa.session_token, story.lock
        db.session.commit()
        db.session.remove()

    def tab() -> tuple:
        client = own_app.test_client()
        client.admit(token)
        return client, client.token("/account")

    tabs = [tab() for _ in range(PRESSES)]
    ready = Barrier(PRESSES)

    def press(pair):
        client, csrf = pair
        ready.wait()
        return client.post(f"{path}/submission", data={**FORM, "lock_version": str(lock), "csrf_token": csrf})

    with ThreadPoolExecutor(PRESSES) as pool:
        answers = list(pool.map(press, tabs))
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, path)}
    with own_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(TransferMove)) == 1
        assert db.session.scalars(select(TransferActivity.status)).all() == ["in_review"]
