"""Texts that are not ours, as a browser shows them: no picture is loaded, no link offered, no formula set."""

from urllib.parse import quote

from tests.e2e.conftest import expect, settle
from tests.tiny_networks import SAMPLES

HOSTILE = "![a](http://203.0.113.1/a.png) [Sign in](http://203.0.113.1/) www.example.org :material/home:"


def test_what_an_address_or_a_file_is_called_is_text(visit, tmp_path):
    page = visit(f"Photo?source=Upload&run={quote(HOSTILE)}")
    warning = page.get_by_test_id("stAlert")
    warning.wait_for()
    assert HOSTILE in warning.inner_text().replace("\u2060", "")
    expect(warning.locator("img, a")).to_have_count(0)
    name = "cost $5_a$ *b*.jpg"
    copy = tmp_path / name
    copy.write_bytes((SAMPLES / "grace-hopper.jpg").read_bytes()[:20_000])
    page.set_input_files("input[type=file]", [copy])
    broken = page.get_by_test_id("stAlert").filter(has_text=name)
    broken.wait_for()
    settle(page)
    expect(broken.locator(".katex, em")).to_have_count(0)
    assert page.strangers == []
