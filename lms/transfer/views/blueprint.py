"""The blueprint that the view modules of this folder hang their routes on."""

from flask import Blueprint

bp = Blueprint("transfer", "lms.transfer", template_folder="templates")
WORK = "/transfer/<uuid:enrollment_id>/<module_key>/<step_key>"
REVIEW = "/reviews/<uuid:activity_id>"
