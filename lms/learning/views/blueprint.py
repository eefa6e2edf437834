"""The blueprint of learning's pages; see the modules beside it."""

from flask import Blueprint

bp = Blueprint("learning", "lms.learning", template_folder="templates")
