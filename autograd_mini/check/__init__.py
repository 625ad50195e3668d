"""Is a gradient right? Central differences, and the comparison of every gradient with them.

Reading order: `differences` (the derivative without any rule), `report` (what a comparison found), `gradients`
(the comparison).
"""

from .differences import finite_difference
from .gradients import check_grads
from .report import CheckError, Entry, Report

__all__ = ["CheckError", "Entry", "Report", "check_grads", "finite_difference"]
