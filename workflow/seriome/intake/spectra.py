"""mzML: well-formed, and with peaks in it.

The format is HUPO-PSI's mzML 1.1, Martens et al. 2011, Mol Cell Proteomics 10:R110.000133,
doi:10.1074/mcp.R110.000133; MS:1000511 is its term for the MS level.
"""

from seriome.errors import DataError
from seriome.intake.streams import COPY_AGAIN, blocks

MS_LEVEL = "MS:1000511"


def check(files, names):
    """(spectra, {"ms1", "ms2", ..., "with_peaks"}); a spectrum without an MS level counts as `ms_unknown`.

    Raises  DataError malformed_mzml, no_spectra, truncated_gzip, corrupt_gzip
    """
    from lxml import etree

    path, name = files[0], names[0]
    parser = etree.XMLPullParser(("start", "end"), huge_tree=True, resolve_entities=False, no_network=True)
    counted = _Spectra(name)
    try:
        for block in blocks(path, name):
            parser.feed(block)
            counted.take(parser.read_events())
        parser.close()
        counted.take(parser.read_events())
    except etree.XMLSyntaxError as error:
        raise _malformed(name, f"line {error.lineno}: {error.msg}") from None
    levels, with_peaks = counted.levels, counted.with_peaks
    total = sum(levels.values())
    if not with_peaks:
        what = f"{total:,} spectra and no peak in any of them" if total else "no spectrum"
        raise DataError(
            "no_spectra", f"{name} is well-formed and has {what}", "convert the vendor's file again, without filters"
        )
    return total, dict(sorted(levels.items())) | {"with_peaks": with_peaks}


class _Spectra:
    """Counts spectra by MS level from the events of a parser, and frees them."""

    def __init__(self, name: str):
        self.name, self.levels, self.with_peaks = name, {}, 0
        self._groups, self._level, self._outermost = {}, None, None

    def take(self, events) -> None:
        for event, element in events:
            tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            if event == "start":
                self._outermost = self._outermost or tag
                if self._outermost not in ("mzML", "indexedmzML"):
                    raise _malformed(self.name, f"its outermost element is <{self._outermost}>, not <mzML>")
                if tag == "spectrum":
                    self._level = "ms_unknown"
            elif tag == "cvParam" and element.get("accession") == MS_LEVEL:
                self._see_level(element.getparent(), f"ms{element.get('value')}")
            elif tag == "referenceableParamGroupRef" and self._level == "ms_unknown":
                self._level = self._groups.get(element.get("ref"), "ms_unknown")
            elif tag == "spectrum":
                self.levels[self._level] = self.levels.get(self._level, 0) + 1
                self.with_peaks += element.get("defaultArrayLength", "0") != "0"
                self._level = None
                _forget(element)
            elif tag == "chromatogram":
                _forget(element)

    def _see_level(self, parent, level: str) -> None:
        if parent.tag.endswith("referenceableParamGroup"):
            self._groups[parent.get("id")] = level
        elif self._level:
            self._level = level


def _forget(element) -> None:
    """Free an element and its elder siblings, so that memory does not grow with the file."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _malformed(name: str, what: str) -> DataError:
    return DataError("malformed_mzml", f"{name} is not well-formed mzML: {what}", COPY_AGAIN)
