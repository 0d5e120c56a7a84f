"""Which columns look personal: by their names in Portuguese, Spanish and English, and by their types. A guess."""

from __future__ import annotations

import re
from itertools import pairwise

from sereno.compliance.datamap.catalog import CatalogColumn
from sereno.compliance.datamap.model import Category

_WORDS: dict[Category, str] = {
    Category.CREDENTIALS: "password passwd senha clave contrasena secret token salt otp totp pin",
    Category.GOVERNMENT_ID: "cpf rg nif nie dni curp rfc ssn passport passaporte pasaporte cedula",
    Category.CONTACT: (
        "email mail phone telephone mobile cellphone telefone telefono celular whatsapp address endereco direccion "
        "street rua calle cep zip postcode postal"
    ),
    Category.IDENTITY: (
        "username login firstname lastname fullname surname nickname sobrenome apellido apelido nomecompleto "
        "nombrecompleto avatar photo foto"
    ),
    Category.ONLINE_IDENTIFIER: "ip useragent cookie fingerprint device imei mac",
    Category.LOCATION: "latitude longitude lat lng geo location localizacao ubicacion",
    Category.FINANCIAL: "iban salary salario card cartao tarjeta saldo",
    Category.DEMOGRAPHIC: "birth birthdate birthday dob nascimento nacimiento gender genero sexo age idade edad locale",
    Category.SPECIAL: "health saude salud religion religiao ethnicity etnia biometric biometria disability blood",
}
_CATEGORY = {word: category for category, words in _WORDS.items() for word in words.split()}
_PAIRS = {
    "first name": Category.IDENTITY,
    "last name": Category.IDENTITY,
    "full name": Category.IDENTITY,
    "display name": Category.IDENTITY,
    "nome completo": Category.IDENTITY,
    "nombre completo": Category.IDENTITY,
    "user name": Category.IDENTITY,
    "user agent": Category.ONLINE_IDENTIFIER,
    "key hash": Category.CREDENTIALS,
    "clave hash": Category.CREDENTIALS,
}
_NAME = frozenset({"name", "nome", "nombre"})
_PEOPLE = re.compile(
    r"user|usuario|customer|client|cliente|contact|person|pessoa|profile|perfil|employee|empleado|member|lead|patient",
    re.IGNORECASE,
)
_BY_TYPE = {
    "inet": Category.ONLINE_IDENTIFIER,
    "cidr": Category.ONLINE_IDENTIFIER,
    "macaddr": Category.ONLINE_IDENTIFIER,
    "macaddr8": Category.ONLINE_IDENTIFIER,
}
_INNOCENT = frozenset({"boolean", "timestamp with time zone", "timestamp without time zone"})
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def looks_like(column: CatalogColumn) -> Category | None:
    """What `column` seems to tell of a person; None when it does not look personal."""
    if column.type in _BY_TYPE:
        return _BY_TYPE[column.type]
    words = [word.lower() for word in _BOUNDARY.split(column.name) if word]
    if column.type in _INNOCENT:
        return None
    for one, other in pairwise(words):
        if (pair := _PAIRS.get(f"{one} {other}")) is not None:
            return pair
    for word in words:
        if word in _CATEGORY:
            return _CATEGORY[word]
    return (
        Category.IDENTITY if words and words[-1] in _NAME and len(words) == 1 and _PEOPLE.search(column.table) else None
    )
