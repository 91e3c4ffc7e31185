"""Where runs are looked for: FER_MODELS, the checkout, the user's data; a name wins over a folder."""

import pytest

from fer_core import paths
from fer_core.errors import RunError


@pytest.fixture
def models(models):
    for name in ("mine", "_hidden", ".unfinished.partial"):
        (models / name).mkdir()
        (models / name / "recipe.json").write_text("{}")
    (models / "empty").mkdir()
    return models


def test_the_environment_names_the_folder(models):
    assert paths.models_folder() == models


def test_a_checkout_keeps_runs_beside_the_code(monkeypatch):
    monkeypatch.delenv("FER_MODELS", raising=False)
    assert paths.models_folder() == paths.CHECKOUT / "models"


def test_an_installed_package_keeps_runs_with_the_users_data(tmp_path, monkeypatch):
    monkeypatch.delenv("FER_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path / "site-packages")
    folder = paths.models_folder()
    assert folder.name == "models"
    assert "site-packages" not in folder.parts
    assert "fer-core" in folder.parts


def test_a_name_wins_over_a_folder_in_the_working_directory(models, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "recipe.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert paths.find_run("mine") == models / "mine"
    assert paths.find_run("./mine").resolve() == tmp_path / "mine"


def test_a_folder_counts_only_if_it_holds_a_run(models, tmp_path, monkeypatch):
    (tmp_path / "small").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"The folder 'small' holds no run \(recipe.json or baseline.json\)"):
        paths.find_run("small")
    with pytest.raises(RunError, match=r"There is no run 'nobody'\. The runs in .* are: mine\."):
        paths.find_run("nobody")


def test_a_network_that_the_package_carries_is_found_by_name(models, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PRETRAINED", tmp_path / "pretrained")
    carried = tmp_path / "pretrained" / "small"
    carried.mkdir(parents=True)
    (carried / "recipe.json").write_text("{}")
    assert paths.find_run("small") == carried
    assert paths.run_names() == ["mine", "small"]
    (models / "small").mkdir()
    assert paths.find_run("small") == models / "small"
