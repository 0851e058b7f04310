"""The local web app: text through trained models, and a labelled file checked, repaired and scored; for one person on one machine."""
