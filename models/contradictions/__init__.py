"""Contradictions: what a rule is, the policy it rests on, and the SQL that judges its claims."""
