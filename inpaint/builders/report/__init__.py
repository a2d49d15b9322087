"""What is told about a dataset: counts, tables, an HTML page, a contact sheet, and who made the pictures."""
