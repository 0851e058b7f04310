"""Browsing sentences with gold and predicted mentions marked: what can be chosen, how it is drawn, and the controls."""
