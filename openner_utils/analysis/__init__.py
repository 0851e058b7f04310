"""One module per question: values in, tables out."""
