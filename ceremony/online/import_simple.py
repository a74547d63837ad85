"""Targets in a folder that is a copy of a simple index: a page for each project, of HTML or JSON, with hashes.

A target's path is that of its URL. Its length is the page's, or that of the file where the copy has it too.
Spec: PEP 503, PEP 691, PEP 700.
"""

import errno
import stat
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from ceremony.core import strict_json
from ceremony.core.artifact_rules import ArtifactCase
from ceremony.core.import_rules import LINE_RULES, RESUME_IMPORT_RULES, LineCase, ResumeCase
from ceremony.core.strict_json import Json
from ceremony.engine.disk import named
from ceremony.engine.regular_file import read_regular
from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.online.import_source import ImportRow, Mark, Piece, Refused, row_of

_PAGE_BYTES = 64 << 20
_PAGES = ("index.json", "index.v1_json", "index.html", "index.v1_html")
_WANTED = "a link with a hash, and a length: on a JSON page, or of the file in the copy"


class _Link(NamedTuple):
    """A file as a page names it; `size` is None where the page does not tell it."""

    url: str
    hashes: Mapping[str, str]
    size: Json


class SimpleSource:
    """A folder `simple/` with a folder for each project, beside it whatever its relative links lead to."""

    def __init__(self, folder: Path) -> None:
        """The index in `folder`, or in `simple/` below it.

        Raises: StorageError.
        """
        self._folder = folder / "simple" if (folder / "simple").is_dir() else folder
        with named(self._folder):
            self._projects = sorted(each.name for each in self._folder.iterdir() if each.is_dir())
        if not self._projects:
            raise StorageError(str(folder), errno.errorcode[errno.ENOENT])

    @property
    def name(self) -> str:
        """Its format and its place."""
        return f"simple {self._folder.absolute()}"

    @property
    def total(self) -> int:
        """How many projects there are."""
        return len(self._projects)

    def pieces(self, mark: Mark) -> Iterator[Piece]:
        """Project after project; lines are files, counted from the first page on.

        Raises: RefusedError (IMPORT-SAME); TamperedError for a page that is none; StorageError.
        """
        digest, line = sha256(), mark.line
        for position, project in enumerate(self._projects, 1):
            page, data = self._page(project)
            digest.update(f"{project} {len(data)}\n".encode() + data)
            if position == mark.position:
                RESUME_IMPORT_RULES.check(ResumeCase(mark.digest, digest.hexdigest(), mark.position))
            if position > mark.position:
                links = _links(data, page)
                rows, refused = self._rows(project, links, line)
                line += len(links)
                yield Piece(rows, refused, Mark(position, line, digest.hexdigest()))
        if mark.position > len(self._projects):
            RESUME_IMPORT_RULES.check(ResumeCase(mark.digest, digest.hexdigest(), mark.position))

    def _page(self, project: str) -> tuple[Path, bytes]:
        folder = self._folder / project
        found = next((folder / name for name in _PAGES if (folder / name).exists()), folder / _PAGES[0])
        return found, read_regular(found, _PAGE_BYTES, where=str(found))

    def _rows(self, project: str, links: list[_Link], line: int) -> tuple[list[ImportRow], list[Refused]]:
        rows: list[ImportRow] = []
        refused: list[Refused] = []
        for at, link in enumerate(links, line + 1):
            try:
                rows.append(self._row(project, link, at))
            except RefusedError as refusal:
                refused.append(Refused(at, f"{project}: {link.url[:100]}", refusal))
        return rows, refused

    def _row(self, project: str, link: _Link, line: int) -> ImportRow:
        # Of a copy nobody knows the host: whatever host a link names, its path is what clients will ask for.
        path = unquote(urlsplit(urljoin(f"https://index.invalid/simple/{project}/", link.url)).path).removeprefix("/")
        size = link.size if link.size is not None else self._size(path)
        is_length = isinstance(size, int) and not isinstance(size, bool)
        trouble = "" if link.hashes else "no hash"
        trouble = trouble or ("" if is_length else "no length")
        LINE_RULES.check(LineCase(trouble, _WANTED))
        return row_of(path, ArtifactCase(int(str(size)), link.hashes), line)

    def _size(self, path: str) -> int | None:
        if any(segment in ("", ".", "..") for segment in path.split("/")) or "\0" in path:
            return None
        try:
            found = (self._folder.parent / path).lstat()
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None


class _Page(HTMLParser):
    """The links of a page of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[_Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link to a file has its hash behind a `#`."""
        url = dict(attrs).get("href")
        if tag == "a" and url:
            bare, _, fragment = url.partition("#")
            name, is_pair, digest = fragment.partition("=")
            self.links.append(_Link(bare, {name: digest} if is_pair else {}, None))


def _links(data: bytes, page: Path) -> list[_Link]:
    if "json" not in page.name:
        parser = _Page()
        try:
            parser.feed(data.decode())
        except UnicodeDecodeError as error:
            raise TamperedError("a page that is no UTF-8 text", str(page)) from error
        parser.close()
        return parser.links
    found = strict_json.decode(data, str(page))
    files = found.get("files") if isinstance(found, Mapping) else None
    if not isinstance(files, list) or not all(isinstance(each, Mapping) for each in files):
        raise TamperedError("no page of a simple index", str(page))
    return [_link(each) for each in files]


def _link(fields: Mapping[str, Json]) -> _Link:
    url, hashes = fields.get("url"), fields.get("hashes")
    texts = (
        {name: each for name, each in hashes.items() if isinstance(each, str)} if isinstance(hashes, Mapping) else {}
    )
    return _Link(url if isinstance(url, str) else "", texts, fields.get("size"))
