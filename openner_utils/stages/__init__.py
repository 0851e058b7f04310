"""The pipeline's stages, one module each, all of one shape: `inputs`, `outputs`, `run`."""
