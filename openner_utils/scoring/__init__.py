"""Mentions scored under named conventions, two other scorers as judges, and what differences are worth."""
