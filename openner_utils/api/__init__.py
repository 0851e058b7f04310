"""What a Python user calls: trained models and their predictions.

``from openner_utils.api.tagging import load`` and ``load("MODEL").predict("Ada Lovelace lived in London.")``.
"""
