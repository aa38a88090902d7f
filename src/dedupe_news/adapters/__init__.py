"""The work as a step of other tools: each module translates for one of them, and decides nothing."""
