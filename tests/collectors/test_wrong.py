"""What is wrong is said in English, and can be said otherwise by kind and values."""

from collectors.wrong import Wrong, WrongSettings


def test_a_sentence_has_its_values_filled_in() -> None:
    wrong = Wrong.of("overlap", "{first} and {second!r} overlap at {address}", first="a", second="b{", address=7)
    assert wrong.said == "a and 'b{' overlap at 7"
    assert wrong.values == (("first", "a"), ("second", "b{"), ("address", "7"))


def test_the_error_says_all_of_it_and_where() -> None:
    found = Wrong.of("one", "one is wrong"), Wrong.of("two", "two is wrong")
    assert str(WrongSettings(*found, where="device meter")) == "device meter: one is wrong; two is wrong"
    assert str(WrongSettings(found[0])) == "one is wrong"
    assert WrongSettings(*found).found == found
