"""Where backups go: the items of `backup.stores`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import NO_ALTERNATIVE, FilePath, Name, SecretText


class FolderStore(Part):
    """A store that is a folder on this machine."""

    name: Name = Field(examples=["local"])
    """What the store is called in reports."""
    folder: FilePath = Field(examples=["/srv/backups", "backups"])
    """The folder; it must exist. A relative one is taken from SERENO_HOME."""


class S3Store(Part):
    """A store that is a bucket of Amazon S3, or of a server that speaks its protocol."""

    name: Name = Field(examples=["offsite"])
    """What the store is called in reports."""
    bucket: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$", examples=["point-backups"])
    """The bucket; it must exist."""
    prefix: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_][A-Za-z0-9._=-]*(/[A-Za-z0-9_][A-Za-z0-9._=-]*)*)?$",
        max_length=200,
        examples=["sereno", "company/backups"],
    )
    """What the names of all objects begin with, without a slash at either end. Default: nothing."""
    endpoint_url: str | None = Field(
        default=None, pattern=r"^https?://[^\s/@?#]+/?$", examples=["https://s3.example.com", "http://127.0.0.1:8333"]
    )
    """Where the server listens. Default: Amazon's endpoint of the region."""
    region: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$", examples=["eu-west-1"])
    """The bucket's region. Default: what boto3 finds in its environment and files."""
    access_key_id: SecretText | None = Field(default=None, examples=["${POINT_S3_ACCESS_KEY_ID}"])
    """The key's name. Default, together with `secret_access_key`: what boto3 finds, such as the machine's own role."""
    secret_access_key: SecretText | None = Field(default=None, examples=["${POINT_S3_SECRET_ACCESS_KEY}"])
    """The key's secret."""
    storage_class: Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] | None = Field(
        default=None, examples=["STANDARD_IA"]
    )
    """What kind of storage objects get; one whose objects can be read at once. Default: the bucket's."""
    server_side_encryption: Literal["AES256", "aws:kms"] | None = Field(default=None, examples=["aws:kms"])
    """How the server encrypts what Sereno has encrypted already. Default: the bucket's own setting."""
    kms_key_id: str | None = Field(
        default=None, min_length=1, max_length=2048, examples=["arn:aws:kms:eu-west-1:111122223333:key/point-backups"]
    )
    """The key for `aws:kms`. Default: the account's own."""
    checksums: Literal["when_supported", "when_required"] = Field(default="when_supported", examples=["when_required"])
    """How the server checks what arrives: by SHA-256, or, with `when_required`, by the MD5 that old servers know."""
    ca_bundle: FilePath | None = Field(default=None, examples=["/etc/ssl/certs/company-ca.pem"])
    """The file of the authorities that may sign the server's certificate. A relative one is taken from SERENO_HOME."""
    part_size_mebibytes: int = Field(default=8, ge=5, le=512, examples=[8])
    """How much of an object is held in memory and sent at once. An object has at most 10,000 parts: 78 GiB with 8."""

    @model_validator(mode="after")
    def _is_consistent(self) -> S3Store:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key belong together; give both or neither")
        if self.kms_key_id and self.server_side_encryption != "aws:kms":
            raise ValueError("kms_key_id belongs to server_side_encryption: aws:kms")
        return self


def _kind_of_store(store: Any) -> str | None:
    if isinstance(store, Part):
        return type(store).__name__
    kinds = [kind for key, kind in _KIND_BY_KEY.items() if isinstance(store, dict) and key in store]
    return kinds[0] if len(kinds) == 1 else None


_KIND_BY_KEY = {"folder": FolderStore.__name__, "bucket": S3Store.__name__}

StoreSection = Annotated[
    Annotated[FolderStore, Tag(FolderStore.__name__)] | Annotated[S3Store, Tag(S3Store.__name__)],
    Discriminator(
        _kind_of_store,
        custom_error_type=NO_ALTERNATIVE,
        custom_error_message="expected a section with name and either folder (on this machine) or bucket (S3)",
    ),
]


def named_apart(stores: tuple[FolderStore | S3Store, ...]) -> tuple[FolderStore | S3Store, ...]:
    """`stores`, when no two have the same name."""
    names = [store.name for store in stores]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two stores are called {name!r}; each needs a name of its own")
    return stores
