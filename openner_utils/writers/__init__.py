"""Writers: one module per export format."""
