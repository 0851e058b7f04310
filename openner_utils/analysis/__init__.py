"""One module per question: values in, tables and typed findings out; `pages.wording` makes sentences of them."""
