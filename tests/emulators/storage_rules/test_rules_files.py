"""Rules files: which paths and methods their blocks speak of, and what is refused when they are loaded."""

import pytest

from tests.rules.runtime import RulesRefusedError, RulesRuntime

METHODS = ["get", "list", "create", "update", "delete"]


def rules(body: str, version: str = "rules_version = '2';") -> str:
    return f"{version}\nservice firebase.storage {{\n{body}\n}}"


def permitted(runtime: RulesRuntime, ruleset: str, path: str, method: str = "get") -> bool:
    verdict = runtime.verify(ruleset, method, path)
    assert verdict.errors == []
    return verdict.permit is True


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("/b/{bucket}/o/{file}", ["/b/x/o/a", "/b/x/o/a.b"], ["/b/x/o", "/b/x/o/a/b", "/b/x/p/a", "/b/x/o/"]),
        ("/b/{bucket}/o/a.b-c_d/{file=*}", ["/b/x/o/a.b-c_d/e"], ["/b/x/o/axb-c_d/e"]),
        ("/b/{bucket}/o/{rest=**}", ["/b/x/o", "/b/x/o/a", "/b/x/o/a/b/c"], ["/b/x", "/b/x/p"]),
        ("/b/{bucket}/o/{rest=**}/end", ["/b/x/o/end", "/b/x/o/a/b/end", "/b/x/o/end/end"], ["/b/x/o/a", "/b/x/o"]),
        ("/b/{bucket}/o/{folder}/{rest=**}/{file}", ["/b/x/o/a/b", "/b/x/o/a/b/c/d"], ["/b/x/o/a"]),
    ],
)
def test_a_path_matches_as_a_whole(runtime: RulesRuntime, pattern: str, matching: list[str], others: list[str]) -> None:
    ruleset = runtime.load(rules(f"match {pattern} {{ allow read; }}"))

    assert [path for path in matching + others if permitted(runtime, ruleset, path)] == matching


def test_version_1_needs_something_for_a_recursive_wildcard(runtime: RulesRuntime) -> None:
    ruleset = runtime.load(rules("match /b/{bucket}/o/{rest=**} { allow read; }", version=""))

    assert permitted(runtime, ruleset, "/b/x/o/a/b")
    assert not permitted(runtime, ruleset, "/b/x/o")
    assert not permitted(runtime, ruleset, "/b/x/o/a", "list")


def test_blocks_nest_and_any_of_them_may_allow(runtime: RulesRuntime) -> None:
    ruleset = runtime.load(
        rules("""
        match /b/{bucket}/o {
          match /{all=**} { allow get: if all[0] == 'public'; }
          match /mine/{uid} {
            allow get: if uid == 'me';
            match /{file} { allow get: if uid == 'me' && file == 'a'; }
          }
        }""")
    )

    expected = {"public/x": True, "mine/me": True, "mine/you": False, "mine/me/a": True, "mine/me/b": False}
    assert {path: permitted(runtime, ruleset, f"/b/x/o/{path}") for path in expected} == expected


def test_an_inner_wildcard_hides_an_outer_one_and_functions_see_where_they_stand(runtime: RulesRuntime) -> None:
    ruleset = runtime.load(
        rules("""
        match /b/{id}/o/{name} {
          function here() { return id; }
          match /{id} {
            function both() { return here() + id; }
            allow get: if both() == 'xinner';
          }
        }""")
    )

    assert permitted(runtime, ruleset, "/b/x/o/n/inner")
    assert not permitted(runtime, ruleset, "/b/inner/o/n/inner")


@pytest.mark.parametrize(
    ("methods", "allowed"),
    [
        ("read", ["get", "list"]),
        ("write", ["create", "update", "delete"]),
        ("get", ["get"]),
        ("list, update", ["list", "update"]),
        ("create", ["create"]),
        ("read, write", METHODS),
    ],
)
def test_an_allow_speaks_of_its_methods(runtime: RulesRuntime, methods: str, allowed: list[str]) -> None:
    ruleset = runtime.load(rules(f"match /b/x/o/a {{ allow {methods}: if true; }}"))

    assert [method for method in METHODS if permitted(runtime, ruleset, "/b/x/o/a", method)] == allowed


def test_one_allow_is_enough_and_an_error_denies_only_its_own(runtime: RulesRuntime) -> None:
    ruleset = runtime.load(
        rules("""match /b/x/o/{name} {
          allow get: if false;
          allow get: if resource.size > 1;
          allow get: if name == 'a';
        }""")
    )

    assert permitted(runtime, ruleset, "/b/x/o/a")
    assert not permitted(runtime, ruleset, "/b/x/o/b")


def test_nothing_is_allowed_without_an_allow(runtime: RulesRuntime) -> None:
    ruleset = runtime.load(rules("/* nothing */ // at all"))

    assert not any(permitted(runtime, ruleset, "/b/x/o/a", method) for method in METHODS)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("unknown", "Unknown variable 'unknown'"),
        ("request.user != null", "'request' has no member 'user'"),
        ("request.params.x == 1", "'request' has no member 'params'"),
        ("request.resource.mime == 'a'", "'request.resource' has no member 'mime'"),
        ("resource.Size > 1", "'resource' has no member 'Size'"),
        ("mystery()", "Unknown function 'mystery'"),
        ("'a'.startsWith('a')", "Unknown method 'startsWith'"),
        ("'a'.size(1) == 1", "'size' takes 0 arguments, not 1"),
        ("math.sin(1) == 0", "Unknown function 'math.sin'"),
        ("math == 1", "Unknown variable 'math'"),
        ("hashing.crc32('a') == 1", "Unknown function 'hashing.crc32'"),
        ("int() == 1", "'int' takes 1 arguments, not 0"),
        ("helper(1)", "'helper' takes 0 arguments, not 1"),
        ("firestore.get(path('/a')).data.x", "firestore.get() and firestore.exists() read Cloud Firestore"),
        ("exists(path('/a'))", "exists() belongs to the rules of Cloud Firestore"),
        ("request.path == /b/x", "Path literals are not supported"),
        ("1 is integer", "'integer' is not a type"),
        ("'a'.matches('a(?=b)')", "Invalid regular expression"),
        ("'a'.matches('(a)\\\\1')", "Invalid regular expression"),
        ("'a'.matches('[a')", "Invalid regular expression"),
        ("'a'.matches('a{2')", "Invalid regular expression"),
        ("'a\\q' == 'a'", "Unknown escape '\\q'"),
        ("'a", "Unterminated string"),
        ("1 +", "Unexpected ';'"),
        ("(1 == 1", "Expected ')' but found ';'"),
        ("a => b", "Expected ';' but found '='"),
        ("1 = 1", "Expected ';' but found '='"),
        ("1 === 1", "Unexpected '='"),
        ("true & false", "Unexpected '&'"),
        ("99999999999999999999 > 1", "too large"),
        ("12abc == 1", "Invalid number"),
        ("let", "Unexpected 'let'"),
        ("{a: 1}.a == 1", "The keys of a map are strings"),
        ("(" * 300 + "true" + ")" * 300, "nested too deeply"),
    ],
)
def test_an_unknown_construct_is_refused_with_its_line(runtime: RulesRuntime, condition: str, said: str) -> None:
    with pytest.raises(RulesRefusedError) as refused:
        runtime.load(
            rules(f"function helper() {{ return true; }}\nmatch /b/x/o/a {{\nallow get: if\n {condition};\n}}")
        )

    [fault] = refused.value.faults
    assert said in fault["description_"]
    assert fault["sourcePosition_"]["line_"] == 6
    assert fault["sourcePosition_"]["fileName_"] == "storage.rules"


@pytest.mark.parametrize(
    ("content", "said", "line"),
    [
        ("", "Expected 'service' but found the end of the rules", 1),
        ("rules_version = '3';", "rules_version must be '1' or '2'", 1),
        ("rules_version = 2;", "rules_version must be '1' or '2'", 1),
        ("rules_version = '2'\nservice firebase.storage {}", "Expected ';' but found 'service'", 2),
        ("service cloud.firestore {}", "The service must be firebase.storage, not 'cloud.firestore'", 1),
        ("service firebase.storage {", "found the end of the rules", 1),
        ("service firebase.storage {}\nmore", "Unexpected 'more' after the service", 2),
        (rules("allow read;"), "'allow' must stand in a match block", 3),
        (rules("grant read;"), "Expected 'match', 'allow', 'function' or '}' but found 'grant'", 3),
        (rules("match b/x { }"), "it must start with '/'", 3),
        (rules("match /b/{x}.jpg { }"), "'{x}.jpg' is not a path segment", 3),
        (rules("match /b/** { }"), "'**' is not a path segment", 3),
        (rules("match /b/{x=***} { }"), "is not a path segment", 3),
        (rules("match /b//o { }"), "'' is not a path segment", 3),
        (rules("match /b/{x}/{x} { }"), "A wildcard stands twice", 3),
        (rules("match /{a=**}/b/{c=**} { }"), "at most one recursive wildcard", 3),
        (rules("match /{a=**}/b { }", version=""), "must end its path", 3),
        (rules("match /{a=**} { match /b { } }", version=""), "nothing can be matched below", 3),
        (rules("match /b { allow fetch; }"), "'fetch' is not a method to allow", 3),
        (rules("match /b { allow get if true; }"), "Expected ';' but found 'if'", 3),
        (rules("match /b { allow get: true; }"), "Expected 'if' but found 'true'", 3),
        (rules("match /b { allow get }"), "Expected ';' but found '}'", 3),
        (rules("function f() { }"), "Expected 'return' but found '}'", 3),
        (rules("function f() { return 1; let a = 1; }"), "Expected '}' but found 'let'", 3),
        (rules("function f(a, a) { return 1; }"), "'a' is declared twice", 3),
        (rules("function f(a) { let a = 1; return a; }"), "'a' is declared twice", 3),
        (rules("function f() { let a = b; let b = 1; return a; }"), "Unknown variable 'b'", 3),
        (rules("function f() { return 1; }\nfunction f() { return 2; }"), "Function 'f' is declared twice", 4),
        (rules("function int(a) { return a; }"), "is a function of the language", 3),
        (rules("function in() { return 1; }"), "'in' cannot name a function", 3),
        (rules("function f() { return g(); }\nfunction g() { return f(); }"), "calls itself", 3),
        (rules("function f() { return f(); }"), "Function 'f' calls itself", 3),
        (rules("function f() { return id; }\nmatch /b/{id} { allow get: if f(); }"), "Unknown variable 'id'", 3),
        (rules("match /b/{id} { function f() { return 1; } }\nmatch /c { allow get: if f() == 1; }"), "'f'", 4),
        (rules("function f(a, b, c, d, e, f, g, h) { return 1; }"), "at most 7 arguments", 3),
        (rules("function f() {" + "".join(f"let a{n} = 1;" for n in range(11)) + "return 1; }"), "at most 10 variables", 3),
        (rules("".join(f"function f{n}() {{ return f{n + 1}(); }}" for n in range(25)) + "function f25() { return 1; }"),
         "deeper than 20", 3),
        (rules("/* no end"), "Unterminated comment", 3),
        (rules("// " + "x" * 262_144), "larger than", 1),
    ],
)  # fmt: skip
def test_a_malformed_file_is_refused_with_its_line(runtime: RulesRuntime, content: str, said: str, line: int) -> None:
    with pytest.raises(RulesRefusedError) as refused:
        runtime.load(content)

    [fault] = refused.value.faults
    assert said in fault["description_"]
    assert fault["sourcePosition_"]["line_"] == line


def test_what_the_firebase_documentation_shows_is_understood(runtime: RulesRuntime) -> None:
    """The forms that the reference of Storage rules uses, in one file."""
    ruleset = runtime.load("""
        rules_version = "2";
        service firebase.storage {
          match /b/{bucket}/o {
            function signedInOrPublic() {
              return request.auth.uid != null || resource.metadata.visibility == 'public';
            }
            match /images/{imageId} {
              allow read: if signedInOrPublic();
              allow write: if request.resource.size < 5 * 1024 * 1024
                           && request.resource.contentType.matches('image/.*')
                           && request.resource.contentType == resource.contentType
                           && imageId.size() < 32;
            }
            match /files/{userId}/{fileName} {
              allow read: if request.auth.token.groupId == resource.metadata.owner;
              allow write: if request.resource.metadata.owner == request.auth.token.groupId;
              allow delete: if request.time < resource.timeCreated + duration.value(60, 'm');
            }
            match /{allPaths=**} { allow read, write: if request.auth.token.admin == true; }
          }
        }""")

    public = {"metadata": {"visibility": "public"}}
    assert runtime.verify(ruleset, "get", "/b/x/o/images/a", before=public).permit
    assert not runtime.verify(ruleset, "get", "/b/x/o/images/a", before={"metadata": {}}).permit
