"""What a sentence, a label, a change and a release are: objects, columns, encodings, validation, repair."""
