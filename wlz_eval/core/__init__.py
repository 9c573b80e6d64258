"""What every part stands on: errors, findings, results, number formats, figures, files."""
