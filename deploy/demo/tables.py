"""How the demo's tables look."""

from rich.table import Table


def new_table(title: str, *columns: str) -> Table:
    """An empty table; its first column is of words, the others of figures."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table
