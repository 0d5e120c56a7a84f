"""Stores: where backups and report files go."""

from sereno.settings import Settings, load_settings
from sereno.stores.folder import FolderStore
from sereno.stores.protocol import Sink, Source, Store
from sereno.systems.model import FolderStore as FolderStoreSection

__all__ = ["FolderStore", "Sink", "Source", "Store", "open_store"]


def open_store(section: FolderStoreSection, settings: Settings | None = None) -> Store:
    """The store that a system file describes."""
    home = (settings or load_settings()).home_path
    return FolderStore(name=section.name, root=home / section.folder)
