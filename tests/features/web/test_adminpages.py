"""The bar at the top tells where one is, on the pages of admins too."""

import re

import pytest


@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/import", "/admin/metrics", "/admin/deliveries"])
def test_admin_pages_stand_under_admin(visit, cast, path):
    page = visit(cast.enid).get(path).get_data(as_text=True)
    main, menu = re.findall(r"<nav[^>]*>(.*?)</nav>", page, re.S)[:3:2]
    assert re.findall(r'aria-current="page">([^<]*)<', main) == ["Admin"]
    assert len(re.findall(r'aria-current="page"', menu)) == 1
    assert ">Admin<" not in visit(cast.milo).get("/").get_data(as_text=True)
