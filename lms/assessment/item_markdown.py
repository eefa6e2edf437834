"""Texts of questions outside a course: no glossary, no links to steps, pictures from wherever the question has them."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup

from lms.catalog import markdown
from lms.catalog.markdown import Renderer
from lms.policy.outline import Term

MODULE = "here"


@dataclass(frozen=True, slots=True)
class ItemRenderer(Renderer):
    """`version_id`: whatever holds the texts – an upload, an item's version – under which they are kept."""

    glossary: tuple[Term, ...] = ()

    def block(self, text: str, heading: int = 2, scope: str = "") -> Markup:
        return markdown.render(
            text,
            course_version_id=self.version_id,
            glossary=self.glossary,
            module_key=self.module_key,
            asset_url=self.asset_url,
            step_url=self.step_url,
            heading=heading,
            scope=scope,
        )

    def inline(self, text: str) -> Markup:
        return markdown.render_inline(
            text,
            course_version_id=self.version_id,
            glossary=self.glossary,
            module_key=self.module_key,
            asset_url=self.asset_url,
        )


def renderer(of: UUID, file_url: Callable[[str], str], glossary: tuple[Term, ...] = ()) -> ItemRenderer:
    """`file_url`: the address of a picture by its path in the module, `assets/x.png`."""
    return ItemRenderer(
        of, MODULE, lambda path: file_url(path.removeprefix(f"{MODULE}/")), lambda step_key: "#", glossary
    )
