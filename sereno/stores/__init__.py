"""Stores: where backups and report files go."""

from __future__ import annotations

from sereno.settings import Settings, load_settings
from sereno.stores.folder import FolderStore
from sereno.stores.protocol import Sink, Source, Store, StoredFile, StoreState
from sereno.systems.sections.stores import FolderStore as FolderSection
from sereno.systems.sections.stores import S3Store as S3Section

__all__ = ["FolderStore", "Sink", "Source", "Store", "StoreState", "StoredFile", "open_store"]


def open_store(section: FolderSection | S3Section, settings: Settings | None = None) -> Store:
    """The store that a system file describes. Nothing is connected to, and no secret resolved, before it is used."""
    home = (settings or load_settings()).home_path
    if isinstance(section, FolderSection):
        return FolderStore(name=section.name, root=home / section.folder)
    from sereno.stores.s3 import S3Store  # importing boto3 takes a while, and most commands use folders

    return S3Store(section=section, home=home)
