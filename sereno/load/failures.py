"""Why a request had no usable answer, in few words that are the same for the same cause: they are counted."""

from __future__ import annotations

import errno
import socket
import ssl

from sereno.load.answer import BodyTooLargeError, NotHttpError

TIMED_OUT = "no complete answer in time"
NO_CONNECTION_IN_TIME = "no connection in time"
CLOSED_BEFORE = "closed without an answer"
CLOSED_WITHIN = "closed in the middle of an answer"
NOT_SENT = "not sent: every connection was still waiting for an answer"
_BY_NUMBER = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ECONNABORTED: "connection reset",
    errno.EHOSTUNREACH: "no way to the host",
    errno.ENETUNREACH: "no way to the host",
    errno.ETIMEDOUT: NO_CONNECTION_IN_TIME,
    errno.EMFILE: "this machine has no more file descriptors for connections",
    errno.ENFILE: "this machine has no more file descriptors for connections",
    errno.EADDRNOTAVAIL: "this machine has no more ports for connections",
}


def kind_of(error: BaseException) -> str:
    """What `error` is called in the tally."""
    match error:
        case NotHttpError():
            return f"no HTTP answer: {error}"
        case BodyTooLargeError():
            return "the answer is too large"
        case ssl.SSLCertVerificationError():
            return f"the certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {(error.reason or 'unknown reason').lower().replace('_', ' ')}"
        case socket.gaierror() | UnicodeError():
            return "the host's name is not known"
        case TimeoutError():
            return NO_CONNECTION_IN_TIME
        case OSError():
            return _BY_NUMBER.get(error.errno or 0, f"the connection failed: {error.strerror or type(error).__name__}")
    return f"the connection failed: {type(error).__name__}"


def unexpected_status(status: int) -> str:
    """What an answer with a status that is none of the expected ones is called in the tally."""
    return f"status {status}"
