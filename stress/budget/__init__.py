"""The budget statement: what was promised about false flags, what was achieved, and where the promise stops holding."""

from stress.budget.statement import BudgetStatement, budget, write

__all__ = ["BudgetStatement", "budget", "write"]
