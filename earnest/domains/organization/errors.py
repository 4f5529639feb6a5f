"""What can be wrong with an organisation and what it consists of. Ours: the documented API of entities has codes of its own."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

ORGANIZATION_ID_TAKEN = ErrorCode(409, "There is an organisation with this id already", 409, "organization-id-taken")
FIXED = ErrorCode(409, "{name} is fixed when an organisation is created", 409, "fixed")
COUNTRY_UNKNOWN = ErrorCode(400, "countryCode must be an ISO 3166 code of two letters, e.g. IN", 400, "country-unknown")
ZONE_UNKNOWN = ErrorCode(
    400, "timeZone must be a name of the IANA database, e.g. Asia/Kolkata", 400, "time-zone-unknown"
)

CONNECTED_TO_ITSELF = ErrorCode(400, "An organisation is not connected to itself", 400, "connected-to-itself")
CHILD_OF_ANOTHER = ErrorCode(409, "This organisation is the child of another one", 409, "child-of-another")
CHILD_IS_PARENT = ErrorCode(409, "An organisation that has children cannot be a child", 409, "child-is-parent")
PARENT_IS_CHILD = ErrorCode(409, "An organisation that is a child cannot have children", 409, "parent-is-child")
NOT_CONNECTED = ErrorCode(404, "These organisations are not connected", 404, "not-connected")
TILL_OF_CHILD_UNKNOWN = ErrorCode(404, "The child has no active till with this id", 404, "till-unknown")

CONCEPT_UNKNOWN = ErrorCode(404, "There is no concept with this id", 404, "concept-unknown")
AREA_UNKNOWN = ErrorCode(404, "There is no zone with this id", 404, "zone-unknown")
STORE_UNKNOWN = ErrorCode(404, "There is no store with this id", 404, "store-unknown")
TILL_UNKNOWN = ErrorCode(404, "There is no till with this id", 404, "till-unknown")
PARENT_UNKNOWN = ErrorCode(404, "There is no active entity of this type with this id", 404, "parent-unknown")
PARENT_BELOW_ITSELF = ErrorCode(409, "An entity cannot stand below itself", 409, "parent-below-itself")
CODE_TAKEN = ErrorCode(409, "Another entity of this type has this code", 409, "code-taken")
USER_NAME_TAKEN = ErrorCode(
    409, "A till of this installation has this code already: it is a user name", 409, "user-name-taken"
)
STORE_NAME_TAKEN = ErrorCode(409, "Another store has this name", 409, "store-name-taken")
EXTERNAL_ID_TAKEN = ErrorCode(409, "Another store has this external id", 409, "external-id-taken")
EXTERNAL_ID_TWICE = ErrorCode(400, "The external ids of a store differ", 400, "external-id-twice")
STILL_IN_USE = ErrorCode(409, "{count} active entities stand in it: deactivate them first", 409, "still-in-use")
STORE_INACTIVE = ErrorCode(409, "The store of this till is not active", 409, "store-inactive")

CONFIG_KEY_UNKNOWN = ErrorCode(404, "There is no config key {name}", 404, "config-key-unknown")
CONFIG_VALUE_INVALID = ErrorCode(400, "{name}: {rule}", 400, "config-value-invalid")
CONFIG_VALUE_UNSET = ErrorCode(404, "The organisation has no value of its own for this key", 404, "config-value-unset")

OFFSET_MISSING = ErrorCode(400, "since and until must be RFC 3339 date-times with offset", 400, "offset-missing")
