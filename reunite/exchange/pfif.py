"""Records of the People Finder Interchange Format, and which elements each version has (zesty.ca/pfif, 1.1 to 1.4).

A record has the fields of 1.4, whatever version it was read from; an empty text is a field that is not there. What the
format does not know is kept as it was, as XML that stands by itself.
"""

from dataclasses import dataclass
from types import MappingProxyType

from reunite.exchange.pfif_elements import Table, table

NAMESPACE = "http://zesty.ca/pfif/"
NEWEST = "1.4"
WRITTEN = ("1.3", "1.4")
"""The versions that are written; all are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """What somebody says about a person: a status, a place where they were seen."""

    note_record_id: str = ""
    person_record_id: str = ""
    linked_person_record_id: str = ""
    entry_date: str = ""
    author_name: str = ""
    author_email: str = ""
    author_phone: str = ""
    source_date: str = ""
    author_made_contact: str = ""
    status: str = ""
    email_of_found_person: str = ""
    phone_of_found_person: str = ""
    last_known_location: str = ""
    text: str = ""
    photo_url: str = ""
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A person who is missing or was found, with the notes that were given with the record."""

    person_record_id: str = ""
    entry_date: str = ""
    expiry_date: str = ""
    author_name: str = ""
    author_email: str = ""
    author_phone: str = ""
    source_name: str = ""
    source_date: str = ""
    source_url: str = ""
    full_name: str = ""
    given_name: str = ""
    family_name: str = ""
    alternate_names: str = ""
    description: str = ""
    sex: str = ""
    date_of_birth: str = ""
    age: str = ""
    home_street: str = ""
    home_neighborhood: str = ""
    home_city: str = ""
    home_state: str = ""
    home_postal_code: str = ""
    home_country: str = ""
    photo_url: str = ""
    profile_urls: str = ""
    extra: tuple[str, ...] = ()
    notes: tuple[NoteRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignElement:
    """An element beside the records that the format does not know, as XML that stands by itself."""

    xml: str


Record = PersonRecord | NoteRecord | ForeignElement

_AUTHOR = "author_name author_email author_phone"
_SOURCE = "source_name source_date* source_url"
_HOME = "home_street home_neighborhood home_city home_state home_postal_code home_country"
_NAMES = "first_name=given_name last_name=family_name"
_OF_FOUND = "email_of_found_person phone_of_found_person last_known_location text*"

# The elements in the order they are written in; * is required, = leads to the field where it has another name.
PERSONS: MappingProxyType[str, Table] = MappingProxyType({
    "1.4": table(f"""person_record_id* entry_date expiry_date {_AUTHOR} {_SOURCE} full_name* given_name family_name
        alternate_names description sex date_of_birth age {_HOME} photo_url profile_urls"""),
    "1.3": table(f"""person_record_id* entry_date expiry_date {_AUTHOR} {_SOURCE} full_name* {_NAMES}
        sex date_of_birth age {_HOME} photo_url other=description"""),
    "1.2": table(f"""person_record_id* entry_date {_AUTHOR} {_SOURCE} {_NAMES}
        sex date_of_birth age {_HOME} photo_url other=description"""),
    "1.1": table(f"""person_record_id* entry_date {_AUTHOR} {_SOURCE} {_NAMES}
        home_city home_state home_neighborhood home_street home_zip=home_postal_code photo_url other=description"""),
})  # fmt: skip

NOTES: MappingProxyType[str, Table] = MappingProxyType({
    "1.4": table(f"""note_record_id* person_record_id linked_person_record_id entry_date author_name* author_email
        author_phone source_date* author_made_contact status {_OF_FOUND} photo_url"""),
    "1.3": table(f"""note_record_id* person_record_id linked_person_record_id entry_date author_name* author_email
        author_phone source_date* found=author_made_contact status {_OF_FOUND}"""),
    "1.2": table(f"""note_record_id* person_record_id linked_person_record_id entry_date author_name* author_email
        author_phone source_date* found=author_made_contact status {_OF_FOUND}"""),
    "1.1": table(f"""note_record_id* entry_date author_name* author_email
        author_phone source_date* found=author_made_contact {_OF_FOUND}"""),
})  # fmt: skip
