"""Compiled loops, nothing else: what the gate, the rules and the run-ons ask of every character of a text.

Each says what a Python function beside its caller says, number for number.
"""
