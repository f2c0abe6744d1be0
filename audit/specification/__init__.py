"""Specification curve: the choices that could as well have been made, run together, and which flags survive them.

Source: Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4:1208.
"""
