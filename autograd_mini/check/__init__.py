"""Is a gradient right? Where, how and in which operation is it wrong, and how sure is that?

Reading order: `report` (what a check can say), `probe` (a function at a point), `slopes` and `differences` (derivatives
without any rule, with their errors), `kinks` (slopes beside the point), `comparison` (gradients beside them), `orders`
(our own derivatives, order by order), `patterns` (what errors have in common), `local` (one operation, alone), `blame`
(which one it was), `singular` (points at which no rule is right), `gradients` (the whole check), `show` (the report in
text and HTML).
"""

from .differences import Difference, finite_difference
from .gradients import check_grads
from .report import Blame, CheckError, Coverage, Entry, Map, Pattern, Report, Verdict

__all__ = [
    "Blame", "CheckError", "Coverage", "Difference", "Entry", "Map", "Pattern", "Report", "Verdict", "check_grads",
    "finite_difference",
]  # fmt: skip
