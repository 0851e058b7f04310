"""The choices of a run: params.yaml as typed records, and named sets of them."""
