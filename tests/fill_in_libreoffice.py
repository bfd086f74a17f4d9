"""Fill cells of a sheet in a running LibreOffice, as a coder does by hand; run by the Python that has ``uno``.

    python3 fill_in_libreoffice.py PIPE FILE SHEET COLUMN,ROW=TEXT ...

Columns and rows are counted from 0.
"""

import sys
import time

import uno
from com.sun.star.beans import PropertyValue


def connect(pipe):
    """Wait for the office and return its desktop."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(120):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except Exception:  # the office is not up yet
            time.sleep(0.5)
    sys.exit("LibreOffice did not start")


def main():
    """Open, fill, save in place, close the office."""
    pipe, file, sheet, *cells = sys.argv[1:]
    desktop = connect(pipe)
    hidden = PropertyValue()
    hidden.Name, hidden.Value = "Hidden", True
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(file), "_blank", 0, (hidden,))
    page = document.Sheets.getByName(sheet)
    for cell in cells:
        place, _, text = cell.partition("=")
        column, row = map(int, place.split(","))
        page.getCellByPosition(column, row).setString(text)
    document.store()
    document.close(True)
    desktop.terminate()


main()
