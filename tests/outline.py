"""A page as its tests look at it: its tags, and its words."""

from html.parser import HTMLParser


class Outline(HTMLParser):
    """The tags with their attributes, in order, and the words of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.words = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag, cls=""):
        """The attributes of each tag of a name, or of those of one class."""
        found = [attributes for name, attributes in self.tags if name == tag]
        return [one for one in found if not cls or cls in (one.get("class") or "").split()]
