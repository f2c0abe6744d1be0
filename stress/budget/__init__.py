"""The budget statement: what was promised about false flags, what was achieved, and where the promise stops holding."""

from stress.budget.statement import BudgetStatement, budget_statement, write_statement

__all__ = ["BudgetStatement", "budget_statement", "write_statement"]
