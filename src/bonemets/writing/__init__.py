"""Findings -> assessment: what one patient's run says, explained and cited."""
