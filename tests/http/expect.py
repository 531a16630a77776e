"""What tests say about result objects and error bodies."""


def code_of(one):
    """The code of a statement that failed, or "OK"."""
    if one["status"] == "OK":
        assert "code" not in one and "error" not in one, one
        return "OK"
    assert one["status"] == "ERR", one
    message = one["error"] if "error" in one else one["result"]
    assert isinstance(message, str) and message, one
    return one["code"]


def codes(objects):
    return [code_of(one) for one in objects]


def code(objects):
    """The last statement's code."""
    return code_of(objects[-1])


def rows(objects):
    """The rows of the last statement, which must be fine."""
    assert objects[-1]["status"] == "OK", objects[-1]
    return objects[-1]["result"]


def values(objects):
    """The values of the last statement's rows, each row a tuple."""
    return [tuple(row.values()) for row in rows(objects)]


def one_value(objects):
    (row,) = values(objects)
    (value,) = row
    return value


def assert_error(response, status):
    """The body of every error, and the headers of every response."""
    assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    assert response.headers["Content-Type"].split(";")[0] == "application/json"
    body = response.json()
    assert {"code", "details", "information"} <= set(body)
    assert body["code"] == status
    assert body["details"] and body["information"]
    for name, wanted in (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")):
        assert response.headers[name] == wanted
    assert response.headers["X-Request-Id"]
    if status == 401:
        assert response.headers["WWW-Authenticate"]
    if status == 503:
        assert int(response.headers["Retry-After"]) >= 0
    return body
