"""Generated pushes and what the guardrails found in them."""
