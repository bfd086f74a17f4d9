"""What workbooks and slides have in common: their font, their date, how shares are printed."""

from datetime import datetime

FONT = "游ゴシック"
CREATED = datetime(2024, 1, 1)  # fixed, so that the same run gives the same bytes
PERCENT = '0.0" %"'  # of values that are percent already
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
