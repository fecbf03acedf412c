"""What expressions of the rules language come to: tables of conditions that hold, do not hold, or have no value."""

from collections.abc import Callable

import pytest

Outcome = Callable[..., bool | str]

HOLD = """
    true
    !false
    1 + 2 * 3 == 7
    (1 + 2) * 3 == 9
    7 / 2 == 3
    -7 / 2 == -3
    7 % 3 == 1
    -7 % 3 == -1
    7.0 / 2 == 3.5
    1 == 1.0
    2 - -1 == 3
    10 - 3 - 2 == 5
    9223372036854775807 > 9223372036854775806
    1e3 == 1000
    1.5e-1 == 0.15
    'a' + "b" == 'ab'
    'it\\'s' == "it's"
    'a' < 'b' && 'B' < 'a'
    null == null
    'a' != 1
    1 < 2 == true
    1 in [1, 2] == true
    true || false && false
    !(true && false)
    true ? 1 == 1 : false
    (false ? 1 : true ? 2 : 3) == 2
    [1, [2, 3]] == [1, [2, 3]]
    [1, 2] != [2, 1]
    {'a': 1, 'b': [2]} == {'b': [2], 'a': 1}
    {'a': 1} != {'a': 2}
    [] == [] && {} == {}
    ['a', 'b'][1] == 'b'
    [1, 2, 3][1:3] == [2, 3]
    'abcd'[1:3] == 'bc'
    'abc'[0] == 'a'
    {'a': {'b': 3}}.a.b == 3
    {'a': 1}['a'] == 1
    2 in [1, 2]
    2.0 in [1, 2]
    !('c' in ['a', 'b'])
    'a' in {'a': null}
    !('b' in {'a': 1})
    2 in [1, 2].toSet()

    1 is int && 1 is number && !(1 is float)
    1.0 is float && 1.0 is number && !(1.0 is int)
    'a' is string && true is bool && [] is list && {} is map
    request.time is timestamp && duration.value(1, 's') is duration
    [].toSet() is set && rest is path && 'a'.toUtf8() is bytes
    latlng.value(1, 2) is latlng && !(null is string)

    'Ab'.lower() == 'ab' && 'Ab'.upper() == 'AB'
    '  a b '.trim() == 'a b'
    'naïve'.size() == 5
    'a,b,,c'.split(',') == ['a', 'b', '', 'c']
    'a1b22c'.split('[0-9]+') == ['a', 'b', 'c']
    'a-b'.split('(-)') == ['a', 'b']
    'abc'.split('') == ['a', 'b', 'c']
    'banana'.replace('an', '<$1>') == 'b<$1><$1>a'
    'x1y2'.replace('[0-9]', '') == 'xy'
    'abc'.matches('a.c')
    !'abcd'.matches('a.c')
    !'xabc'.matches('abc')
    'a|b'.matches('a[|]b') && 'b'.matches('a|b') && !'bc'.matches('a|b')
    'a.png'.matches('[^/]+\\\\.png')
    'IMAGE'.matches('(?i)image')
    'ab12'.matches('[[:alpha:]]+\\\\d{2}')
    'é'.matches('\\\\pL')
    'प'.matches('\\\\p{Devanagari}')
    'a]'.matches('a[]]')
    'image/png' == request.resource.contentType

    [1, 2].concat([3]) == [1, 2, 3]
    [1, 2, 3].hasAll([3, 1]) && ![1].hasAll([1, 2])
    [1, 2].hasAny([2, 9]) && ![1].hasAny([2])
    [1, 2].hasOnly([2, 1]) && ![1, 2, 3].hasOnly([1, 2]) && ![1].hasOnly([1, 2])
    ['a', 'b'].join('-') == 'a-b' && [].join(',') == ''
    [1, 2, 3, 2].removeAll([2]) == [1, 3]
    [1, 2].size() == 2 && [1, 1].toSet().size() == 1
    [1, 2].toSet() == [2, 1, 1].toSet()
    [1].toSet().union([2].toSet()) == [1, 2].toSet()
    [1, 2].toSet().intersection([2, 3].toSet()) == [2].toSet()
    [1, 2].toSet().difference([2].toSet()) == [1].toSet()
    [1, 2].toSet().hasOnly([1, 2]) && [1, 2].toSet().hasAll([1])
    {'a': 1, 'b': 2}.keys() == ['a', 'b'] && {'a': 1}.values() == [1] && {'a': 1}.size() == 1
    {'a': 1}.get('a', 9) == 1 && {'a': 1}.get('b', 9) == 9
    {'a': {'b': 2}}.get(['a', 'b'], 9) == 2 && {'a': 1}.get(['a', 'b'], 9) == 9
    {'a': 1, 'b': 2}.diff({'a': 1, 'b': 3}).affectedKeys() == ['b'].toSet()
    {'a': 1}.diff({'b': 1}).addedKeys().hasOnly(['a'])
    {'a': 1}.diff({'b': 1}).removedKeys().hasOnly(['b'])
    {'a': 1, 'c': 1}.diff({'a': 2, 'c': 1}).changedKeys().hasOnly(['a'])
    {'a': 1, 'c': 1}.diff({'a': 2, 'c': 1}).unchangedKeys().hasOnly(['c'])

    int('42') == 42 && int(2.9) == 2 && int(-2.9) == -2
    float('1.5') == 1.5 && float(2) is float
    string(1) == '1' && string(1.0) == '1.0' && string(true) == 'true' && string(null) == 'null'
    bool('true') && !bool('FALSE')
    debug(1) == 1
    math.abs(-3) == 3 && math.abs(-1.5) == 1.5
    math.ceil(1.2) == 2 && math.floor(-1.2) == -2 && math.round(1.5) == 2 && math.round(-1.5) == -2
    math.ceil(1.2) is int && math.sqrt(4) is float
    math.pow(2, 3) == 8.0 && math.sqrt(9) == 3.0
    math.isNaN(float('0') / 0.0) && math.isInfinite(1.0 / 0.0)
    hashing.md5('a').toHexString() == '0CC175B9C0F1B6A831C399E269772661'
    hashing.sha256('a').toBase64() == 'ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='
    'a'.toUtf8().size() == 1
    latlng.value(0, 0).distance(latlng.value(0, 1)) > 111000 && latlng.value(0, 0).distance(latlng.value(0, 1)) < 111400
    latlng.value(12.9, 77.6).latitude() == 12.9 && latlng.value(12.9, 77.6).longitude() == 77.6

    timestamp.date(2024, 2, 29).year() == 2024 && timestamp.date(2024, 2, 29).month() == 2
    timestamp.date(2024, 2, 29).day() == 29 && timestamp.date(2024, 2, 29).dayOfWeek() == 4
    timestamp.date(2024, 3, 3).dayOfWeek() == 7 && timestamp.date(2024, 12, 31).dayOfYear() == 366
    timestamp.value(1500).toMillis() == 1500 && timestamp.value(1500).seconds() == 1
    timestamp.value(1500).nanos() == 500000000
    timestamp.value(3723000).hours() == 1 && timestamp.value(3723000).minutes() == 2
    timestamp.value(90061000).date() == timestamp.date(1970, 1, 2)
    timestamp.value(90061000).time() == duration.time(1, 1, 1, 0)
    timestamp.value(-1).date() == timestamp.date(1969, 12, 31) && timestamp.value(-1).year() == 1969
    timestamp.date(2024, 1, 31) + duration.value(1, 'd') == timestamp.date(2024, 2, 1)
    timestamp.date(2024, 2, 1) - duration.value(1, 'd') == timestamp.date(2024, 1, 31)
    timestamp.date(2024, 2, 1) - timestamp.date(2024, 1, 31) == duration.value(24, 'h')
    duration.value(1, 'w') == duration.value(7, 'd') && duration.value(1, 'm') == duration.value(60, 's')
    duration.value(1, 'ms') == duration.value(1000000, 'ns')
    duration.value(1, 'h') + duration.value(1, 'm') > duration.value(1, 'h')
    duration.abs(duration.value(-5, 's')).seconds() == 5 && duration.value(1500, 'ms').nanos() == 500000000
    request.time > timestamp.date(2024, 1, 1) && request.time < request.time + duration.value(1, 'ns')

    request.auth != null && request.auth.uid == 'u1'
    request.auth.token.role == 'rider' && request.auth.token['level'] == 3
    'tags' in request.auth.token && 'b' in request.auth.token.tags
    request.auth.token.get('missing', 'none') == 'none' && request.auth.token.get(['nested', 'deep', 'x'], 0) == 1
    request.resource.size == 2 * 1024 && request.resource.metadata.kind == 'photo'
    request.resource.timeCreated == null
    request.method == 'get' || request.method == 'delete'
    resource == null
    bucket == 'bucket' && folder == 'files' && name == 'a.png'
    string(rest) == '/x/y' && rest == path('/x/y') && rest[0] == 'x'
    request.path == path('/b/bucket/o/files/a.png/x/y')
    path('/a/$(b)').bind({'b': 'c'}) == path('a/c')

    true || resource.size > 0
    resource.size > 0 || true
    !(false && resource.size > 0)
    !(resource.size > 0 && false)
    true || 1
    resource == null || resource.size > 0
"""

HAVE_NO_VALUE = """
    resource.size > 0
    resource.size > 0 || false
    resource.size > 0 && true
    request.auth.token.missing == 1
    {'a': 1}['b'] == 1
    1 / 0 == 1
    1 % 0 == 1
    9223372036854775807 + 1 > 0
    -9223372036854775807 - 2 < 0
    1 + 'a' == '1a'
    'a' + null == 'a'
    1 < 'a'
    null < 1
    true + true == 2
    !1
    -'a' == 'a'
    1
    'true'
    null
    1 && true
    1 ? true : false
    [1][1] == 1
    [1][-1] == 1
    'ab'[1:3] == 'b'
    1[0] == 1
    1 in 'abc'
    'a' in null
    1 in {'a': 1}
    'a'.size() == 1.size()
    [1].lower() == 'a'
    'a'.matches(1)
    'a'.hasAny(['a'])
    [1].join(',') == '1'
    int('x') == 0
    int('1.5') == 1
    int(true) == 1
    float('abc') == 0.0
    bool('yes')
    math.abs('1') == 1
    math.ceil(1.0 / 0.0) == 1
    duration.value(1, 'year') == duration.value(365, 'd')
    duration.value(1.5, 's') == duration.value(1, 's')
    timestamp.date(2023, 2, 29) == timestamp.date(2023, 3, 1)
    timestamp.date(2024, 1, 1) + timestamp.date(2024, 1, 1) == timestamp.date(2024, 1, 1)
    request.time < 5
    latlng.value(91, 0) == latlng.value(91, 0)
    request.auth.uid.role == 'a'
    path('/a/$(b)').bind({}) == path('/a')
    'a'.matches('(' + '?=a)')
"""


def lines(table: str) -> list[str]:
    return [line.strip() for line in table.splitlines() if line.strip()]


@pytest.mark.parametrize("condition", lines(HOLD))
def test_it_holds(outcome: Outcome, condition: str) -> None:
    assert outcome(condition) is True


@pytest.mark.parametrize("condition", lines(HAVE_NO_VALUE))
def test_it_has_no_value_and_denies(outcome: Outcome, condition: str) -> None:
    assert isinstance(outcome(condition), str)


@pytest.mark.parametrize(
    ("condition", "without"),
    [
        ("request.auth != null", {"auth": None}),
        ("request.resource.size < 1024", {}),
        ("resource == null", {"before": {"size": 1}}),
        ("request.auth.token.role == 'admin'", {}),
        ("request.auth.token.get('role', 'customer') in ['admin', 'support']", {}),
    ],
)
def test_it_does_not_hold(outcome: Outcome, condition: str, without: dict[str, object]) -> None:
    assert outcome(condition, **without) is False


def test_an_error_names_its_line_and_what_was_asked(outcome: Outcome) -> None:
    assert outcome("resource.size > 0") == "L6: Null value error. 'get' denied."


FUNCTIONS = """
    function double(x) { return x * 2; }
    function area(width, height) {
      let doubled = double(width);
      let result = doubled * height / 2;
      return result;
    }
    function isUser() { return request.auth.uid == 'u1'; }
    function fails() { let x = resource.size; return true; }
    function shadow(request) { return request; }
"""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("double(4) == 8", True),
        ("area(3, double(2)) == 12", True),
        ("isUser()", True),
        ("shadow(5) == 5", True),
        ("shadow({'any': 1}).any == 1", True),
        ("isUser() && area(1, 1) == 2", False),
    ],
)
def test_functions_have_arguments_and_variables(outcome: Outcome, condition: str, *, expected: bool) -> None:
    assert outcome(condition, FUNCTIONS) is expected


def test_an_error_in_a_variable_is_an_error_of_the_call(outcome: Outcome) -> None:
    assert isinstance(outcome("fails()", FUNCTIONS), str)
    assert outcome("fails() || true", FUNCTIONS) is True


def test_a_request_has_a_thousand_expressions(outcome: Outcome) -> None:
    within, beyond = (" && ".join(["1 == 1"] * count) for count in (200, 400))

    assert outcome(within) is True
    assert "1000" in str(outcome(beyond))
