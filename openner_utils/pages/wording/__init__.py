"""What pages say in sentences: one module per question, typed results in, sentences out, the answer first."""

from openner_utils.pages.wording import (
    audit,
    common,
    comparison,
    encoders,
    llms,
    methods,
    prompts,
    regimes,
    repair,
    stages,
)

__all__ = [
    "audit",
    "common",
    "comparison",
    "encoders",
    "llms",
    "methods",
    "prompts",
    "regimes",
    "repair",
    "stages",
]
