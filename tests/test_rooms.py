"""The house: nine rooms whose imports point one way, and a few small modules that all of them need."""

from tests.test_rules import CORE, ROOT, core_files, imports, libraries, module_of, name

# From the lowest up: a room imports only from rooms below it, and from the small modules that all need.
ROOMS = (
    "vision",
    "datasets",
    "evaluation",
    "networks",
    "training",
    "inference",
    "experiments",
    "charts",
    "cli",
)
SMALL = {"emotions", "errors", "extras", "formats", "palette", "files", "paths"}
MOST_SMALL = 8


def targets(path):
    """The modules of fer_core that a file imports, dotted: "evaluation.metrics"."""
    for module, what in imports(path):
        if module.split(".")[0] == "fer_core":
            dotted = module.split(".", 1)[1] if "." in module else what
            inner = ROOT / "fer_core" / dotted.replace(".", "/") / f"{what}.py"
            yield f"{dotted}.{what}" if inner.is_file() else dotted


@core_files
def test_rooms_point_one_way(path):
    room = module_of(path)
    if room in ("__init__", "__main__"):
        return
    assert room in SMALL or room in ROOMS, f"{room} is neither a room nor one of the small modules."
    for target in targets(path):
        below = target.split(".")[0]
        if below in (*SMALL, "__version__") or below == room:
            continue
        allowed = ROOMS[: ROOMS.index(room)] if room in ROOMS else ()
        assert below in allowed, f"{name(path)} must not import {target}: see ROOMS."


def test_no_imports_run_in_a_circle():
    arrows = {}
    for path in CORE:
        dotted = ".".join(path.relative_to(ROOT / "fer_core").with_suffix("").parts)
        arrows[dotted.removesuffix(".__init__")] = set(targets(path))
    done, open_ = set(), []

    def visit(module):
        assert module not in open_, f"a circle: {' -> '.join([*open_[open_.index(module) :], module])}"
        if module not in done:
            open_.append(module)
            for target in arrows.get(module, ()):
                visit(target)
            open_.pop()
            done.add(module)

    for module in arrows:
        visit(module)


def test_nine_rooms_and_few_small_modules():
    packages = {path.parent.name for path in (ROOT / "fer_core").glob("*/__init__.py")}
    assert packages == set(ROOMS)
    assert {path.stem for path in (ROOT / "fer_core").glob("[!_]*.py")} == SMALL
    assert len(SMALL) <= MOST_SMALL


def test_importing_fer_core_imports_nothing_else():
    assert libraries(ROOT / "fer_core" / "__init__.py") <= {"fer_core"}
