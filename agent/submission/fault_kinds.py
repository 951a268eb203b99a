"""The kinds of what can be wrong with a submission, and of the places in it. What is stored of a fault names these."""

from enum import StrEnum


class PlaceKind(StrEnum):
    """A part of a signed file or of its document."""

    HEADER = "header"
    FIELD = "field"
    FACTORS = "factors"
    FACTOR = "factor"
    ENERGY_LINE = "energy_line"
    ENERGY_SHARES = "energy_shares"
    PRODUCT = "product"
    PRODUCT_SHARES = "product_shares"
    TOTALS = "totals"
    CORRECTION = "correction"
    ASSERTION = "assertion"
    APPROVAL = "approval"
    THROUGH = "through"


class FaultKind(StrEnum):
    """What is wrong. `SAID` has no kind of its own: a sentence as another part of the program said it."""

    SAID = "said"
    MORE = "more"

    # the file
    TOO_LARGE = "too_large"
    DRAFT = "draft"
    FOREIGN_BYTE = "foreign_byte"
    SAVED_AGAIN = "saved_again"
    PARTS = "parts"
    NOT_BASE64URL = "not_base64url"
    UNUSED_BITS = "unused_bits"
    WRONG_LENGTH = "wrong_length"
    CUT_SIGNATURE = "cut_signature"

    # its header and signature
    NO_OBJECT = "no_object"
    HEADER_NAME = "header_name"
    ALGORITHM = "algorithm"
    TYPE = "type"
    NO_KEY_NAME = "no_key_name"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"

    # the text of the document
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    FIELD_TWICE = "field_twice"
    FRACTION = "fraction"
    DIGITS = "digits"
    NEWER_FORM = "newer_form"
    NO_SUBMISSION = "no_submission"
    NOT_CANONICAL = "not_canonical"
    NOT_CANONICAL_AT = "not_canonical_at"
    DOCUMENT_SIZE = "document_size"

    # its fields
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    NOT_TEXT = "not_text"
    NOT_WHOLE = "not_whole"
    NOT_BOOLEAN = "not_boolean"
    NOT_TABLE = "not_table"
    NOT_LIST = "not_list"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    PATTERN = "pattern"
    NOT_ONE_OF = "not_one_of"
    FIELD_FORM = "field_form"
    NUMBER_AS_TEXT = "number_as_text"
    PLAIN_DIGITS = "plain_digits"
    NO_NUMBER = "no_number"
    CONTROL_CHARACTER = "control_character"
    NO_DAY = "no_day"
    NO_TIME = "no_time"

    # its figures
    FIGURE = "figure"
    FACTOR_UNIT = "factor_unit"
    FACTOR_QUANTITY = "factor_quantity"
    FACTOR_STATE = "factor_state"
    FACTOR_KIND = "factor_kind"
    BELOW_ZERO = "below_zero"
    NUMBERING = "numbering"
    UNUSED_FACTOR = "unused_factor"
    SAME_FACTOR = "same_factor"
    NO_FACTOR = "no_factor"
    UNIT = "unit"
    GAS_STATE = "gas_state"
    CONVERSION = "conversion"
    ELECTRICITY_UNIT = "electricity_unit"

    # its agreement with itself
    APPROVED_EARLY = "approved_early"
    WHOLE_YEAR = "whole_year"
    NO_MONTH = "no_month"
    TWICE = "twice"
    NO_CORRECTION = "no_correction"
    NO_SHARES = "no_shares"
    SHARES_EXCEED = "shares_exceed"
    NO_LINE = "no_line"
    ENDS_EARLY = "ends_early"
