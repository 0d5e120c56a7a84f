"""What goes wrong with an S3 server, as one sentence that says what to do, and whether trying again can help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from sereno.errors import StorageError, StoreUnavailableError
from sereno.redaction import redact

MISSING = "it is not there"
EXISTS = "it exists already, and objects are never overwritten"
NOT_FOUND = frozenset({"404", "NoSuchKey"})
"""The codes of an object that is missing."""
EXISTS_CODE = "PreconditionFailed"

_ILL = "the store has a problem of its own"
_LONGEST_MESSAGE = 200  # characters of the server's own words

_PERMANENT: Mapping[str, str] = {
    **dict.fromkeys(NOT_FOUND, MISSING),
    EXISTS_CODE: EXISTS,
    "NoSuchBucket": "the bucket does not exist there; create it, or mend bucket, region or endpoint_url in system.yaml",
    "InvalidAccessKeyId": "the store does not know the access key; check access_key_id",
    "SignatureDoesNotMatch": "the secret access key is wrong; check secret_access_key",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the store's; set it, best by NTP",
    **dict.fromkeys(("ExpiredToken", "InvalidToken"), "the temporary credentials are not valid any more; renew them"),
    **dict.fromkeys(
        ("301", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        "the bucket is in another region; set region in system.yaml",
    ),
    "InvalidStorageClass": "the store does not have the storage class; change storage_class in system.yaml",
    "InvalidObjectState": "it lies in an archive class; restore it there first, and let no rule move backups away",
    **dict.fromkeys(
        ("QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"),
        "the store is full, or its quota used up; free some space and run the job again",
    ),
}
_TRANSIENT: Mapping[str, str] = {
    "SlowDown": "the store asks for patience",
    **dict.fromkeys(
        ("BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"),
        "what arrived is not what was sent: the checksums differ",
    ),
    **dict.fromkeys(("ConditionalRequestConflict", "OperationAborted"), "another request works on the same object"),
    **dict.fromkeys(("InternalError", "ServiceUnavailable"), _ILL),
    "RequestTimeout": "the store waited too long for the bytes of the request",
}
_RIGHTS: Mapping[str, str] = {
    "ListObjectsV2": "s3:ListBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "HeadObject": "s3:GetObject and s3:ListBucket",
    "GetObject": "s3:GetObject",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
}
_OTHER_RIGHTS = "s3:PutObject"
_DENIED = {"AccessDenied", "403", "AllAccessDisabled", "AccountProblem"}


def explain(error: Exception, *, store: str, doing: str) -> StorageError:
    """`error`, which boto3 or the operating system raised, as Sereno's.

    Args:
        error: what was raised.
        store: what messages call the store, such as `store offsite (s3://backups)`.
        doing: what was being done, such as `writing demo/x`.
    """
    kind, reason = _client_error(error) if isinstance(error, ClientError) else _failure(error)
    return kind(f"{store}: {doing} failed: {reason}")


def code_of(error: BaseException | None) -> str:
    """The server's word for what is wrong, such as `NoSuchUpload`, where `error` is an answer of the server."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _client_error(error: ClientError) -> tuple[type[StorageError], str]:
    code, answer = code_of(error), error.response
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    attempts = int(answer.get("ResponseMetadata", {}).get("RetryAttempts") or 0) + 1
    if code in _PERMANENT:
        return StorageError, _PERMANENT[code]
    if code in _DENIED:
        right = _RIGHTS.get(error.operation_name, _OTHER_RIGHTS)
        return StorageError, f"permission denied; the key needs the right {right}, and has to be the right key"
    if code.startswith("KMS."):
        return StorageError, f"the KMS key cannot be used ({code}); check kms_key_id and who may use the key"
    if code in _TRANSIENT or status in {429, 500, 502, 503, 504} or code.startswith("Throttl"):
        reason = _TRANSIENT.get(code, _ILL)
        return StoreUnavailableError, f"{reason} ({_answered(code, status)}, {_times(attempts)}); try again later"
    return StorageError, f"the store answered {_answered(code, status)}: {_words(answer.get('Error', {}))}"


def _failure(error: Exception) -> tuple[type[StorageError], str]:
    match error:
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            return StorageError, "there are no credentials; set access_key_id and secret_access_key in system.yaml"
        case boto.SSLError():
            return StorageError, (
                "the server's certificate is not trusted; name the file of its authority in ca_bundle, "
                "or mend the certificate"
            )
        case boto.ConnectTimeoutError() | boto.EndpointConnectionError() | boto.ProxyConnectionError():
            return StoreUnavailableError, "no connection; check endpoint_url and the network, or try again later"
        case boto.ReadTimeoutError():
            return StoreUnavailableError, "the store did not answer in time; try again later"
        case boto.HTTPClientError() | boto.IncompleteReadError() | boto.ConnectionError():
            return StoreUnavailableError, "the connection broke off; try again later"
        case BotoCoreError():
            return StorageError, redact(" ".join(str(error).split()))
        case OSError():
            return StorageError, f"{error.strerror or error}; check ca_bundle in system.yaml"
    return StorageError, redact(" ".join(str(error).split())) or type(error).__name__


def _answered(code: str, status: int) -> str:
    return " ".join(part for part in (str(status or ""), code if code != str(status) else "") if part)


def _times(attempts: int) -> str:
    return "once" if attempts == 1 else f"{attempts} times"


def _words(details: Mapping[str, Any]) -> str:
    words = redact(" ".join(str(details.get("Message") or "nothing more").split()))
    return words if len(words) <= _LONGEST_MESSAGE else words[:_LONGEST_MESSAGE] + "…"
