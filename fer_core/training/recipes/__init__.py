"""What to train and how: the dataclass ``Recipe``, and the recipes that have a name.

Nothing here imports Keras, so pages and the command line can read recipes for free.
"""

from fer_core.training.recipes.named import RECIPES, load_recipe, paper_base, residual_base
from fer_core.training.recipes.recipe import FIELD_TYPES, Recipe, override

__all__ = [
    "FIELD_TYPES",
    "RECIPES",
    "Recipe",
    "load_recipe",
    "override",
    "paper_base",
    "residual_base",
]
