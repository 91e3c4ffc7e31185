"""How many live viewers a core carries: headless browsers' cameras on loopback, one process of the app.

    python benchmarks/viewers.py                        1, 2, 4 and 8 viewers, 30 s each; prints the table
    python benchmarks/viewers.py --write                and puts it into docs/hosting.md
    python benchmarks/viewers.py --viewers 1 --seconds 5

The browsers run on the same machine, so frames a second and lag are those of both; with two cores or more
the app is kept on one core and the browsers on the others. What a viewer costs the app is its own processor
time a frame, which the browsers do not change. Takes Linux, Chromium and requirements-dev.txt.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.e2e import conftest, test_live  # noqa: E402

DOCUMENT = ROOT / "docs" / "hosting.md"
BEGIN, END = "<!-- viewers: python benchmarks/viewers.py --write -->\n", "<!-- /viewers -->"
# Eight pages are open and only one can be in front.
AWAKE = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
SENT = 15  # frames a second that the page asks the camera for
TICKS = os.sysconf("SC_CLK_TCK")
HEAD = "| viewers | frames a second each | lag, frames | busy cores | core-ms a frame | memory |"


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description="How many live viewers a core carries.")
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--write", action="store_true", help="put the table into docs/hosting.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = test_live.write_film(Path(folder) / "film.mjpeg")
        rows = [measure(count, options.seconds, film, Path(folder)) for count in options.viewers]
    text = report(rows, options.seconds)
    print(text)
    if options.write:
        document = DOCUMENT.read_text(encoding="utf-8")
        before, _, rest = document.partition(BEGIN)
        DOCUMENT.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")


def measure(count: int, seconds: float, film: Path, folder: Path) -> dict[str, float]:
    """The figures of so many viewers at once, of a new app."""
    print(f"{count} viewers: starting", file=sys.stderr)
    models = os.environ.get("FER_MODELS", str(ROOT / "models"))
    variables = {"FER_MODELS": models, "FER_PUBLIC": "1", "FER_ICE_SERVERS": "[]"}
    with ExitStack() as stack:
        address, server = stack.enter_context(conftest.running(folder / "log.txt", **variables))
        watching = stack.enter_context(viewers(address, count, film))
        pin(server.pid)
        for _, component in watching:
            test_live.wait_for_boxes(component)
            component.evaluate(test_live.WATCH_CAMERA)
        time.sleep(2)
        frames, started = [test_live.frames_read(page) for page, _ in watching], time.monotonic()
        busy, lags = cpu_seconds(server.pid), []
        while time.monotonic() < started + seconds:
            lags += [lag for lag in (look_for_lag(component) for _, component in watching) if lag is not None]
            time.sleep(1)
        passed = time.monotonic() - started
        busy = cpu_seconds(server.pid) - busy
        after = [test_live.frames_read(page) for page, _ in watching]
        done = np.subtract(after, frames)
        return {
            "viewers": count,
            "fps": float(np.median(done)) / passed,
            "least_fps": done.min() / passed,
            "lag": float(np.median(lags)),
            "cores": busy / passed,
            "milliseconds": 1000 * busy / max(1, done.sum()),
            "megabytes": resident_megabytes(server.pid),
        }


@contextmanager
def viewers(address: str, count: int, film: Path):
    """So many pages with their cameras on: (page, the video component's frame)."""
    path = os.environ.get("FER_CHROMIUM") or next(filter(None, map(shutil.which, conftest.BROWSERS)))
    flags = [*conftest.FLAGS, *AWAKE, f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        watching = []
        for _ in range(count):
            context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
            context.set_default_timeout(2000 * conftest.SECONDS)
            page = context.new_page()
            page.goto(f"{address}/Live")
            conftest.settle(page)
            watching.append((page, test_live.switch_on(page)))
        yield watching
        browser.close()


def pin(server: int) -> None:
    """The app on the first core, everything else that this script has started on the others."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    browsers = descendants(os.getpid()) - {server}
    for process, own in [(server, cores[:1]), *((each, cores[1:]) for each in browsers)]:
        for task in Path(f"/proc/{process}/task").glob("*"):
            os.sched_setaffinity(int(task.name), own)


def descendants(process: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    children = Path(f"/proc/{process}/task/{process}/children")
    found = {int(child) for child in children.read_text().split()} if children.is_file() else set()
    return found.union(*map(descendants, found))


def look_for_lag(component) -> float | None:
    """How many of the camera's frames what is shown lies behind; None where nothing is shown yet."""
    seen = test_live.look(component)
    if not seen or seen["sent"] is None:
        return None
    lag = (seen["sent"] - seen["number"]) % test_live.FRAMES
    return lag if lag < test_live.FRAMES / 2 else lag - test_live.FRAMES


def cpu_seconds(process: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_megabytes(process: int) -> float:
    """A process's memory."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text()).group(1)) / 1e3


def report(rows: list[dict[str, float]], seconds: float) -> str:
    """The table and the rule that follows from it, as Markdown."""
    lines = [HEAD, "|---|---|---|---|---|---|"]
    lines += [
        f"| {row['viewers']} | {row['fps']:.1f} (least {row['least_fps']:.1f}) | {row['lag']:.0f} | "
        f"{row['cores']:.2f} | {row['milliseconds']:.0f} | {row['megabytes']:.0f} MB |"
        for row in rows
    ]
    cost = float(np.median([row["milliseconds"] for row in rows]))
    each = (rows[-1]["megabytes"] - rows[0]["megabytes"]) / max(1, rows[-1]["viewers"] - rows[0]["viewers"])
    machine = f"{processor()}, {len(os.sched_getaffinity(0))} cores"
    rule = (
        f"Measured for {seconds:.0f} s each on {machine}, the app on one of them. A frame takes "
        f"{cost:.0f} ms of a core, so **a core carries {1000 / cost / SENT:.1f} viewers at {SENT} frames a "
        f"second, or {1000 / cost / 5:.1f} at 5**, and a further viewer takes {each:.0f} MB."
    )
    return "\n".join(lines) + f"\n\n{rule}\n"


def processor() -> str:
    """The processor's name."""
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else "an unknown processor"


if __name__ == "__main__":
    main()
