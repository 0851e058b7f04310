"""Getting corpora: from their publishers into the store, and from the store into the view ``data/``.

Reading order: `address` (where a file lies), `store` (what is here already), `transfer` (moving bytes),
`archives` (zip, tar, gz), `fetch` (many files at once), `pin` (data.dvc and params.yaml), `build` (data/).
"""
