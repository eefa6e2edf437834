"""A picture is a picture: nothing in it runs, and nothing in it is fetched from elsewhere."""

import pytest

from lms.catalog.svg import problems


def picture(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'.encode()


@pytest.mark.parametrize(
    "inside",
    [
        '<set attributeName="onclick" to="alert(1)"/>',
        '<animate attributeName=" ONload " values="alert(1)"/>',
        '<set attributeName="href" to="https://example.com"/>',
        '<set attributeName="xlink:href" to="https://example.com" xmlns:xlink="http://www.w3.org/1999/xlink"/>',
        '<rect style="fill: u\\72l(https://example.com/a)"/>',
        '<rect fill="u\\72l(https://example.com/a)"/>',
        "<style>rect { fill: u\\72l(https://example.com/a) }</style>",
    ],
)
def test_refused(inside):
    assert problems(picture(inside))


@pytest.mark.parametrize(
    "inside",
    [
        '<animate attributeName="opacity" values="0;1" dur="2s"/>',
        '<rect style="fill: url(#shade)" aria-label="C:\\calls"/>',
        "<text>Once upon a time</text>",
    ],
)
def test_taken(inside):
    assert problems(picture(inside)) == []
