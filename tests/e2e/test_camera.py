"""A camera that is missing or refused is a sentence, not the browser's name for it."""

import pytest

from tests.e2e.conftest import FLAGS, SECONDS, expect, settle, still

FAKE_CAMERA, NOBODY_TO_ASK = "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
VIDEO = "iframe[title^=streamlit_webrtc]"


@pytest.mark.parametrize(
    ("has_camera", "sentence"),
    [(False, "No camera is connected to this computer."), (True, "denied access to the camera.")],
    ids=["missing", "refused"],
)
def test_what_is_wrong_with_the_camera_is_said(app, launch, has_camera, sentence):
    flags = [flag for flag in FLAGS if flag != NOBODY_TO_ASK and (has_camera or flag != FAKE_CAMERA)]
    with launch(flags) as browser:
        page = browser.new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.goto(f"{app}/Live")
        settle(page)
        video = page.frame_locator(VIDEO)
        video.get_by_role("button", name="Start camera").click()
        video.get_by_text(sentence).wait_for()
        expect(video.locator("body")).not_to_contain_text("Error")
        again = still(video.get_by_role("button", name="Start camera"))
        frame = still(page.locator(VIDEO))
        assert again["y"] + again["height"] <= frame["y"] + frame["height"], "the button is cut off"
