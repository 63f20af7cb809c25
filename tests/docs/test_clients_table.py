"""The page on the backend shows the clients that the tests drive, in the versions that are locked."""

from tests.clients.page import BEGIN, END, PAGE, page_with, tables


def test_the_tables_of_clients_are_those_of_the_tests():
    # To bring them up to date: python -m tests.clients.page
    page = PAGE.read_text(encoding="utf-8")

    assert page.count(BEGIN) == page.count(END) == 1
    assert page == page_with(tables())
