"""What pages say in sentences: one module per subject, typed results in, sentences out, the answer first."""
