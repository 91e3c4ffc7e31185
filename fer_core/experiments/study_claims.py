"""What a study is made of: variants to train, and claims that their results can contradict."""

from dataclasses import dataclass

from fer_core.evaluation.bootstrap import Difference
from fer_core.training.recipes import Recipe


@dataclass(frozen=True)
class Variant:
    """One training of a study.

    Attributes:
        recipe: what is trained; its name is the variant's.
        what: what sets it apart, for people.
        shuffled: whether the three splits are drawn anew, at random, from all faces.
    """

    recipe: Recipe
    what: str
    shuffled: bool = False

    @property
    def name(self) -> str:
        """The variant's name, and its folder's."""
        return self.recipe.name


@dataclass(frozen=True)
class Claim:
    """An expectation, as something that results can contradict: ``better`` scores higher than ``worse``.

    Attributes:
        text: the claim in a sentence.
        measure: one of ``bootstrap.MEASURES``, on PrivateTest, single view.
        better, worse: two variants' names.
        costs: whether the claim is about ``worse``, so that what is told is what it loses.
    """

    text: str
    measure: str
    better: str
    worse: str
    costs: bool = False

    @property
    def contrast(self) -> str:
        """What is subtracted from what: "recall of disgust, weighted minus unweighted"."""
        first, second = (self.worse, self.better) if self.costs else (self.better, self.worse)
        return f"{self.measure}, {first} minus {second}"

    def tell(self, found: Difference) -> Difference:
        """The difference of ``better`` and ``worse`` in the direction of ``contrast``."""
        return found.reversed if self.costs else found


@dataclass(frozen=True)
class Study:
    """A question, its variants (the first is what the others are compared with), and what is expected."""

    name: str
    question: str
    variants: tuple[Variant, ...]
    claims: tuple[Claim, ...]
