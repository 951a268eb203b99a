"""The endpoints of a site: each protocol checks its own keys, after the device profiles are merged in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.toml_source import KeyPath, TomlSource, read_toml
from agent.settings.translate import mistakes_of
from agent.texts.sentences import Words, say
from collectors.collector import ProtocolFolder, load_protocol, protocol_names
from collectors.frame import Layout

_PROFILE_KEYS = {"maker", "model", "protocol", "source", "example"}
"""What a profile says for people and tests; the collector does not need it."""

_WRITTEN: dict[str | int, str] = {"devices": "device", "points": "point"}
"""How the file writes what the settings call."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the site: its protocol, its checked settings and the layouts of its devices."""

    id: str
    protocol: ProtocolFolder
    settings: Any
    poll_s: float
    layouts: Mapping[str, Layout]


class _Profiles:
    """Finds device profiles by name, in the site's own folder first."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._read: dict[str, TomlSource] = {}

    def find(self, name: str) -> TomlSource | None:
        """The profile, or None when no folder has it. Raises SettingsError when it is not TOML."""
        for folder in self._folders:
            path = folder / f"{name}.toml"
            if name not in self._read and path.is_file():
                self._read[name] = read_toml(path)
        return self._read.get(name)


def read_endpoints(source: TomlSource, profile_folders: tuple[Path, ...]) -> tuple[list[Endpoint], list[Mistake]]:
    """The endpoints of a site file, and every mistake in them."""
    profiles = _Profiles(profile_folders)
    endpoints: list[Endpoint] = []
    mistakes: list[Mistake] = []
    for index, table in enumerate(source.data.get("endpoint", [])):
        try:
            endpoints.append(_EndpointReader(source, index, profiles).read(table))
        except SettingsError as error:
            mistakes.extend(error.mistakes)
    return endpoints, mistakes + _doubled_ids(source, endpoints)


class _EndpointReader:
    """Reads one `[[endpoint]]`, and knows for each of its devices from which profile the points came."""

    def __init__(self, source: TomlSource, index: int, profiles: _Profiles) -> None:
        self._source = source
        self._path: KeyPath = ("endpoint", index)
        self._profiles = profiles
        self._origins: dict[int, TomlSource] = {}

    def read(self, table: Mapping[str, Any]) -> Endpoint:
        """The checked endpoint. Raises SettingsError with all that its protocol finds wrong."""
        name = table.get("protocol")
        if name not in protocol_names():
            hint = say("one_of", known=", ".join(protocol_names()))
            path = (*self._path, "protocol")
            if name is None:
                raise SettingsError([self._source.mistake(path, say("key_missing", name="protocol"), hint)])
            raise SettingsError([self._source.mistake(path, say("no_protocol", name=name), hint)])
        protocol = load_protocol(str(name))
        merged = {key: value for key, value in table.items() if key != "device"}
        merged["devices"] = self._devices(table.get("device", []))
        try:
            settings: Any = protocol.Settings.model_validate(merged)
        except ValidationError as error:
            raise SettingsError(mistakes_of(error, protocol.Settings, self._locate)) from error
        return Endpoint(settings.id, protocol, settings, settings.poll_s, settings.build_layouts())

    def _devices(self, tables: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        devices: list[dict[str, Any]] = []
        mistakes: list[Mistake] = []
        for index, table in enumerate(tables):
            try:
                devices.append(self._with_profile(index, table))
            except SettingsError as error:
                mistakes.extend(error.mistakes)
        if mistakes:
            raise SettingsError(mistakes)
        return devices

    def _with_profile(self, index: int, device: Mapping[str, Any]) -> dict[str, Any]:
        """The device's table over its profile's: the protocol's own table, then the points."""
        merged = {"points" if key == "point" else key: value for key, value in device.items() if key != "profile"}
        if "profile" not in device:
            return merged
        profile = self._profiles.find(str(device["profile"]))
        if profile is None:
            path = (*self._path, "device", index, "profile")
            message = say("no_profile", name=device["profile"])
            raise SettingsError([self._source.mistake(path, message, say("where_profiles_are"))])
        self._origins[index] = profile
        protocol = profile.data.get("protocol", "")
        unknown = set(profile.data) - _PROFILE_KEYS - {"point", protocol}
        if unknown:
            raise SettingsError([profile.mistake((key,), say("unknown_key", key=key)) for key in sorted(unknown)])
        return {**profile.data.get(protocol, {}), "points": profile.data.get("point", []), **merged}

    def _locate(self, key_path: KeyPath, message: Words, hint: Words | None) -> Mistake:
        """Where a key of the merged settings was written: in the site file or in the device's profile."""
        written = tuple(_WRITTEN.get(part, part) for part in key_path)
        if len(written) > 2 and written[0] == "device" and isinstance(written[1], int) and written[1] in self._origins:
            profile, inside = self._origins[written[1]], written[2:]
            protocol = str(profile.data.get("protocol", ""))
            for candidate in (inside, (protocol, *inside)):
                if candidate in profile.positions or candidate[0] == "point":
                    return profile.mistake(candidate, message, hint)
        return self._source.mistake((*self._path, *written), message, hint)


def _doubled_ids(source: TomlSource, endpoints: list[Endpoint]) -> list[Mistake]:
    seen: set[str] = set()
    mistakes = []
    for index, endpoint in enumerate(endpoints):
        for device in endpoint.layouts:
            if device in seen:
                message = say("device_twice", name=device)
                mistakes.append(source.mistake(("endpoint", index), message, say("device_ids")))
            seen.add(device)
    return mistakes
