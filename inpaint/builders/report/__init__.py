"""What people are shown of a dataset: counts, tables, an HTML page, a contact sheet, and who made the pictures."""
