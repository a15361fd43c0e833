"""Mistakes in the config's section `proteome` that are told before anything starts."""

from pathlib import Path

from seriome.errors import InputError, did_you_mean
from seriome.proteome import modifications, tmt


def problems(settings: dict, units: list[dict]) -> list[str]:
    """Every problem, a line each.

    settings  the config's section `proteome`
    units     rows of assays.tsv of the proteome's mzML
    """
    found = []
    for key in ("fixed", "variable"):
        for text in settings[key]:
            try:
                modifications.parse(text)
            except InputError as error:
                found.append(f"proteome.{key}: {error}")
    contaminants = settings["contaminants"]
    for key, path in (("contaminants", contaminants), ("impurities", settings["impurities"])):
        if path and path != "builtin" and not Path(path).is_file():
            found.append(f"proteome.{key}: {path} is not there")
    label = settings["label"]
    if label is None:
        found += [f"proteome.{key}: means nothing without a label" for key in ("bridge", "impurities") if settings[key]]
        found += [
            f"assays.tsv, channel: {unit['sample']!r} has one, but proteome.label is null"
            for unit in units
            if unit.get("channel")
        ]
        return found
    channels = tmt.CHANNELS[label]
    if settings["bridge"] not in (None, *channels):
        hint = did_you_mean(settings["bridge"], channels) or f", {label} has {', '.join(channels)}"
        found.append(f"proteome.bridge: {settings['bridge']!r} is no channel of {label}{hint}")
    for unit in units:
        channel = unit.get("channel")
        if channel not in channels:
            said = f"{channel!r} is no channel of {label}" if channel else f"missing, proteome.label is {label}"
            found.append(f"assays.tsv, channel: {unit['sample']} {unit['run']}: {said}")
    return found
