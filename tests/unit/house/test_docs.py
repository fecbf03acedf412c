"""The OpenAPI document is made from the code, and the file is what the code says."""

import json

from ops.commands.docs import FILE, text


def test_the_document_is_what_the_code_says() -> None:
    assert FILE.read_text() == text()


def test_every_route_says_its_errors_and_who_may_call_it() -> None:
    paths = json.loads(text())["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]

    assert len(operations) > 60
    assert all({"400", "401", "403", "404", "409", "503"} <= set(operation["responses"]) for operation in operations)
    assert paths["/api/v1/orders"]["post"]["security"] == [{"firebase": ["customer"]}]
    assert "security" not in paths["/api/v1/products/search"]["post"]
