"""Spectra of a simulated LC-MS run as mzML."""

import base64
import zlib

import numpy as np
from lxml import etree


def write_mzml(path, scans: list[tuple], name: str, polarity: str = "positive") -> None:
    """Write scans (time in s, MS level, m/z, intensity, precursor m/z) as mzML 1.1 without an index or dates."""
    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        with file.element("mzML", {"id": name, "version": "1.1.0"}, nsmap={None: "http://psi.hupo.org/ms/mzml"}):
            for part in etree.fromstring(HEADER):
                file.write(part)
            with (
                file.element("run", {"id": name, "defaultInstrumentConfigurationRef": "IC1"}),
                file.element("spectrumList", {"count": str(len(scans)), "defaultDataProcessingRef": "DP1"}),
            ):
                for index, scan in enumerate(scans):
                    file.write(_spectrum(index, polarity, *scan))
                    file.write("\n")


SCAN = {"positive": ("MS:1000130", "positive scan"), "negative": ("MS:1000129", "negative scan")}
HEADER = """<header>
  <cvList count="2">
    <cv id="MS" fullName="Proteomics Standards Initiative Mass Spectrometry Ontology" version="4.1.182"
        URI="https://raw.githubusercontent.com/HUPO-PSI/psi-ms-CV/master/psi-ms.obo"/>
    <cv id="UO" fullName="Unit Ontology" version="09:04:2014"
        URI="https://raw.githubusercontent.com/bio-ontology-research-group/unit-ontology/master/unit.obo"/>
  </cvList>
  <fileDescription><fileContent>
    <cvParam cvRef="MS" accession="MS:1000579" name="MS1 spectrum" value=""/>
    <cvParam cvRef="MS" accession="MS:1000580" name="MSn spectrum" value=""/>
  </fileContent></fileDescription>
  <softwareList count="1"><software id="seriome" version="0">
    <cvParam cvRef="MS" accession="MS:1000799" name="custom unreleased software tool" value="seriome simulate"/>
  </software></softwareList>
  <instrumentConfigurationList count="1"><instrumentConfiguration id="IC1">
    <cvParam cvRef="MS" accession="MS:1000031" name="instrument model" value=""/>
    <componentList count="3">
      <source order="1"><cvParam cvRef="MS" accession="MS:1000073" name="electrospray ionization" value=""/></source>
      <analyzer order="2"><cvParam cvRef="MS" accession="MS:1000484" name="orbitrap" value=""/></analyzer>
      <detector order="3"><cvParam cvRef="MS" accession="MS:1000624" name="inductive detector" value=""/></detector>
    </componentList>
  </instrumentConfiguration></instrumentConfigurationList>
  <dataProcessingList count="1"><dataProcessing id="DP1"><processingMethod order="0" softwareRef="seriome">
    <cvParam cvRef="MS" accession="MS:1000035" name="peak picking" value=""/>
  </processingMethod></dataProcessing></dataProcessingList>
</header>"""


def _spectrum(index: int, polarity: str, time: float, level: int, mz, intensity, precursor):
    """One spectrum element."""
    kind = _cv("MS:1000579", "MS1 spectrum") if level == 1 else _cv("MS:1000580", "MSn spectrum")
    start = _cv("MS:1000016", "scan start time", f"{time / 60:.6f}", **MINUTE)
    scan = [_cv("MS:1000795", "no combination"), _element("scan", [start])]
    children = [
        _cv("MS:1000511", "ms level", level),
        kind,
        _cv("MS:1000127", "centroid spectrum"),
        _cv(*SCAN[polarity]),
        _cv("MS:1000285", "total ion current", f"{intensity.sum():.0f}"),
        _element("scanList", scan, count=1),
    ]
    if precursor is not None:
        ion = [_cv("MS:1000744", "selected ion m/z", precursor, **MZ), _cv("MS:1000041", "charge state", 1)]
        ions = _element("selectedIonList", [_element("selectedIon", ion)], count=1)
        activation = _element("activation", [_cv("MS:1000422", "beam-type collision-induced dissociation")])
        children.append(_element("precursorList", [_element("precursor", [ions, activation])], count=1))
    wide, narrow = _cv("MS:1000523", "64-bit float"), _cv("MS:1000521", "32-bit float")
    arrays = [
        _binary(mz.astype("<f8"), wide, _cv("MS:1000514", "m/z array", **MZ)),
        _binary(intensity.astype("<f4"), narrow, _cv("MS:1000515", "intensity array", **COUNTS)),
    ]
    children.append(_element("binaryDataArrayList", arrays, count=2))
    return _element("spectrum", children, index=index, id=f"scan={index + 1}", defaultArrayLength=len(mz))


def _unit(cv: str, accession: str, name: str) -> dict:
    return {"unitCvRef": cv, "unitAccession": accession, "unitName": name}


MZ = _unit("MS", "MS:1000040", "m/z")
COUNTS = _unit("MS", "MS:1000131", "number of detector counts")
MINUTE = _unit("UO", "UO:0000031", "minute")


def _binary(values: np.ndarray, width, kind):
    data = _element("binary")
    data.text = base64.b64encode(zlib.compress(values.tobytes(), 6)).decode()
    children = [width, _cv("MS:1000574", "zlib compression"), kind, data]
    return _element("binaryDataArray", children, encodedLength=len(data.text))


def _element(tag: str, children=(), **attributes):
    element = etree.Element(tag, {key: str(value) for key, value in attributes.items()})
    element.extend(children)
    return element


def _cv(accession: str, name: str, value="", **unit):
    return _element("cvParam", cvRef="MS", accession=accession, name=name, value=value, **unit)
