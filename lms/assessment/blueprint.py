"""The blueprint of the pages of assessment, which several modules share."""

from flask import Blueprint

bp = Blueprint("assessment", __name__, template_folder="templates")
