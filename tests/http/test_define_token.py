"""DEFINE TOKEN: tokens of other issuers. What is taken, what each fault costs (one and the same 401), and attacks."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from client import ROOT_PASSWORD, ROOT_USER
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from expect import assert_error, code, codes, one_value, rows

SECRET = "a secret that an issuer shares with this server, sixty-four bytes"
OTHER_SECRET = SECRET[::-1]
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
SECRETS = ("HS256", "HS384", "HS512")
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = {name: ec.generate_private_key(curve) for name, curve in CURVES.items()}
ALGORITHMS = [*SECRETS, "RS256", "RS384", "RS512", *CURVES]


def pem(key, form=serialization.PublicFormat.SubjectPublicKeyInfo):
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def private_pem(key, form=serialization.PrivateFormat.PKCS8):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def signer(algorithm):
    return SECRET if algorithm in SECRETS else EC.get(algorithm, RSA)


def verifier(algorithm):
    return SECRET if algorithm in SECRETS else pem(EC.get(algorithm, RSA))


def define(name, level, algorithm, value, rest=""):
    return f"DEFINE TOKEN {name} ON {level} TYPE {algorithm} VALUE '{value}' {rest}"


@pytest.fixture(scope="module")
def app(new_place):
    place = new_place()
    place.ok("""CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, locked INTEGER DEFAULT 0);
        INSERT INTO person (id, name) VALUES (1, 'ada'), (2, 'bob');
        DEFINE TABLE person PERMISSIONS FOR select WHERE id = $auth.id;
        DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE name = $name)""")
    for algorithm in ALGORITHMS:
        for level in ("NAMESPACE", "DATABASE", "SCOPE account"):
            place.ok(define(algorithm.lower(), level, algorithm, verifier(algorithm)))
    return place


def claims_of(place, level="SCOPE", name="hs512", **changes):
    given = {"NS": place.ns, "TK": name, "exp": int(time.time()) + 600}
    if level != "NAMESPACE":
        given["DB"] = place.db
    if level == "SCOPE":
        given |= {"SC": "account", "ID": 1}
    given |= changes
    return {key: value for key, value in given.items() if value is not ...}


def make(place, level="SCOPE", algorithm="HS512", key=None, headers=None, name=None, **changes):
    return jwt.encode(claims_of(place, level, name or algorithm.lower(), **changes), key or signer(algorithm), algorithm, headers)


def is_taken(place, token, sql="SELECT 1"):
    response = place.server.post_sql(sql, token=token)
    if response.status_code == 200:
        return True
    assert_error(response, 401)
    assert response.json()["information"] == "the credentials are not right"
    return False


# --- what is taken ---


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_on_each_level(app, algorithm):
    assert rows(app.sql("SELECT id, name FROM person", make(app, "SCOPE", algorithm))) == [{"id": 1, "name": "ada"}]
    assert one_value(app.sql("SELECT count(*) FROM person", make(app, "DATABASE", algorithm))) == 2
    token = make(app, "NAMESPACE", algorithm)
    assert one_value(app.sql("SELECT count(*) FROM person", token, db=app.db)) == 2
    for level in ("NAMESPACE", "DATABASE", "SCOPE"):
        assert is_taken(app, make(app, level, algorithm))


def test_the_level_is_that_of_the_definition(app):
    namespace, database, scope = (make(app, level) for level in ("NAMESPACE", "DATABASE", "SCOPE"))
    assert codes(app.sql(f"DEFINE DATABASE other; REMOVE DATABASE other", namespace)) == ["OK", "OK"]
    assert codes(app.sql("DEFINE NAMESPACE other; DEFINE LOGIN x ON ROOT PASSWORD 'xxxxxxxx'", namespace)) == ["permission_denied"] * 2
    assert codes(app.sql("CREATE TABLE made (a); DROP TABLE made; DEFINE DATABASE other", database)) == ["OK", "OK", "permission_denied"]
    assert code(app.sql("DEFINE LOGIN x ON NAMESPACE PASSWORD 'xxxxxxxx'", database)) == "permission_denied"
    assert code(app.sql("CREATE TABLE made (a)", scope)) == "permission_denied"
    for token, where in ((namespace, {"ns": "elsewhere"}), (database, {"db": "elsewhere"}), (scope, {"db": "elsewhere"})):
        assert_error(app.server.post_sql("SELECT 1", token=token, **where), 403)


def test_names_without_case_and_what_claims_are_worth(app):
    token = make(app, NS=app.ns.upper(), DB=app.db.upper(), SC="ACCOUNT", TK="HS512", jti="x", sub="somebody", extra={"a": [1]}, iat=5, nbf=5)
    assert one_value(app.sql("SELECT $auth", token)) == 1
    assert rows(app.sql("SELECT $token.sub AS sub, $token.extra AS extra, $scope AS scope, $session.ns AS ns", token)) == [
        {"sub": "somebody", "extra": '{"a":[1]}', "scope": "account", "ns": app.ns}]


def test_header_members_choose_nothing(app):
    for headers in ({"kid": "another issuer's"}, {"kid": "../../dev/null"}, {"jku": "https://example.com/k"}, {"x5u": "x"},
                    {"jwk": {"kty": "oct", "k": "Z3Vlc3M"}}, {"kid": "k" * 3000}):
        assert is_taken(app, make(app, headers=headers)), headers
        assert not is_taken(app, make(app, key=OTHER_SECRET, headers=headers)), headers
    for headers in ({"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"typ": "at+jwt"}, {"typ": 1}):
        assert not is_taken(app, make(app, headers=headers)), headers


def test_id_of_the_auth_record(app):
    """Spelt as a text it is the same row, and $auth is what the database has."""
    assert rows(app.sql("SELECT $auth AS auth, typeof($auth) AS type, name FROM person", make(app, ID="2"))) == [{"auth": 2, "type": "integer", "name": "bob"}]
    for bad in (3, "ada", "", ..., None, True, 1.0, 1.5, [1], {"a": 1}, 2**63, -1, "1; DROP TABLE person", "1 OR 1"):
        assert not is_taken(app, make(app, ID=bad)), bad


def test_the_record_must_be_there(place):
    place.ok(f"""CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
        DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE id = $id); {define("hs512", "SCOPE account", "HS512", SECRET)}""")
    token = make(place)
    assert is_taken(place, token)
    place.ok("DELETE FROM person")
    assert not is_taken(place, token)
    place.ok("INSERT INTO person VALUES (1)")
    assert is_taken(place, token)
    place.ok("DROP TABLE person")
    assert not is_taken(place, token)


def test_connect_runs_and_sees_the_token(place):
    place.ok(f"""CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
        DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE id = $id) CONNECT (SELECT 1 FROM person WHERE id = $auth AND $token.plan = 'paid');
        {define("hs512", "SCOPE account", "HS512", SECRET)}""")
    assert is_taken(place, make(place, plan="paid"))
    for plan in ("free", ..., None, 1):
        assert not is_taken(place, make(place, plan=plan)), plan
    assert not is_taken(place, make(place, plan="paid", key=OTHER_SECRET))


# --- issuer and audience ---


def test_issuer_and_audience(place):
    place.ok(define("hs512", "DATABASE", "HS512", SECRET, "ISSUER 'https://id.example' AUDIENCE 'shop'"))
    right = {"iss": "https://id.example", "aud": "shop"}
    assert is_taken(place, make(place, "DATABASE", **right))
    assert is_taken(place, make(place, "DATABASE", **right | {"aud": ["other", "shop"]}))
    for changes in ({"iss": ...}, {"iss": "https://id.example/"}, {"iss": "Bailiwick"}, {"iss": 7}, {"iss": ["https://id.example"]},
                    {"aud": ...}, {"aud": "other"}, {"aud": []}, {"aud": ["other"]}, {"aud": ["shop", 7]}, {"aud": {"shop": 1}},
                    {"aud": 7}, {"aud": None}, {"aud": "Shop"}, {"aud": [["shop"]]}):
        assert not is_taken(place, make(place, "DATABASE", **right | changes)), changes
    place.ok(define("OVERWRITE hs512", "DATABASE", "HS512", SECRET))
    assert is_taken(place, make(place, "DATABASE"))
    assert is_taken(place, make(place, "DATABASE", iss="whoever", aud=["whatever"]))
    assert not is_taken(place, make(place, "DATABASE", iss=7))
    shown = place.ok("DEFINE TOKEN t ON DATABASE TYPE hs256 AUDIENCE 'a' ISSUER 'i' VALUE '%s'; INFO FOR DB" % SECRET)[1][0]["tokens"]
    assert shown["t"] == 'DEFINE TOKEN "t" ON DATABASE TYPE "hs256" ISSUER \'i\' AUDIENCE \'a\''


# --- faults of the claims ---


def test_times(app):
    now = int(time.time())
    for changes in ({"exp": now - 1}, {"exp": now}, {"exp": ...}, {"exp": None}, {"exp": str(now + 600)}, {"exp": now + 600.5}, {"exp": True},
                    {"exp": [now + 600]}, {"exp": -1}, {"exp": 0}, {"exp": 1e300}, {"exp": 2**53}, {"exp": 2**63}, {"exp": 2**64 + now + 600}, {"exp": float(now + 600)},
                    {"nbf": now + 600}, {"nbf": str(now)}, {"nbf": None}, {"nbf": now - 0.5}, {"nbf": {}}, {"nbf": -1},
                    {"iat": now + 600}, {"iat": str(now)}, {"iat": None}, {"iat": 1e300}):
        token = jwt.api_jws.encode(json.dumps(claims_of(app, **changes)).encode(), SECRET, "HS512")
        assert not is_taken(app, token), changes
    assert is_taken(app, make(app, exp=2**53 - 1, nbf=now - 1, iat=now - 1))


def test_types_and_values_of_the_names(app):
    for name in ("NS", "DB", "SC", "TK", "jti"):
        for value in (None, 7, True, 1.5, "", [], {}, ["x"], "nowhere", "../" + app.ns, "a\u0000", "x" * 70, " "):
            if name == "jti" and isinstance(value, str) and value and "\u0000" not in value:
                continue
            assert not is_taken(app, make(app, **{name: value})), (name, value)
    for changes in ({"NS": ...}, {"DB": ...}, {"TK": ...}, {"TK": "default"}, {"TK": "Default"}, {"TK": "hs384"}, {"SC": "other"}):
        assert not is_taken(app, make(app, **changes)), changes
    assert not is_taken(app, make(app, NS=..., DB=..., SC=..., ID=ROOT_USER))
    assert not is_taken(app, make(app, "DATABASE", NS=..., DB=...))


def test_duplicate_members(app):
    def sign(body, header='{"alg":"HS512","typ":"JWT"}'):
        return raw(header.encode(), body.encode())
    good = json.dumps(claims_of(app))
    assert is_taken(app, sign(good))
    for extra in ('"ID":2', '"ID":1', f'"exp":{int(time.time()) + 900}', '"NS":"x"', '"\\u0049D":2', '"TK":"default"'):
        assert not is_taken(app, sign(good[:-1] + "," + extra + "}")), extra
    assert not is_taken(app, sign(good, '{"alg":"HS512","alg":"none"}'))
    assert not is_taken(app, sign(good, '{"alg":"none","alg":"HS512"}'))


# --- attacks on the signature ---


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def raw(header, body, key=SECRET, digest="sha512"):
    """A token of any bytes, signed as HMAC."""
    signed = f"{part(header)}.{part(body)}"
    return f"{signed}.{part(hmac.new(key.encode(), signed.encode(), digest).digest())}"


def test_no_signature(app):
    for algorithm in ALGORITHMS:
        body = part(claims_of(app, name=algorithm.lower()))
        signature = make(app, algorithm=algorithm).split(".")[2]
        for alg in ("none", "None", "NONE", "", None, 0, False, [], {}, [algorithm], algorithm.lower(), algorithm + " ", "HS1", "PS256", "EdDSA"):
            head = part({"alg": alg, "typ": "JWT"})
            assert not is_taken(app, f"{head}.{body}."), alg
            assert not is_taken(app, f"{head}.{body}.{signature}"), alg
            assert not is_taken(app, f"{head}.{body}"), alg
        assert not is_taken(app, f"{part({'typ': 'JWT'})}.{body}.{signature}")
        assert not is_taken(app, f"{part({'alg': algorithm, 'typ': 'JWT'})}.{body}.")


@pytest.mark.parametrize("defined", ALGORITHMS)
def test_the_algorithm_is_the_defined_one_and_no_other(app, defined):
    for other in ALGORITHMS:
        assert is_taken(app, make(app, algorithm=other, name=defined.lower())) == (other == defined), other


def test_key_confusion(app):
    """The public key as the secret of an HMAC, in every spelling that a verifier might have of it."""
    for algorithm in ALGORITHMS[3:]:
        key = verifier(algorithm)
        der = signer(algorithm).public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        for hs, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
            body = json.dumps(claims_of(app, name=algorithm.lower())).encode()
            for alg in (hs, algorithm):
                for guess in (key, key.strip(), key.strip() + "\n", key.strip() + "\0", der.decode("latin-1"), ""):
                    header = json.dumps({"alg": alg, "typ": "JWT"}).encode()
                    signed = f"{part(header)}.{part(body)}".encode()
                    mac = hmac.new(guess.encode("latin-1"), signed, digest).digest()
                    assert not is_taken(app, f"{signed.decode()}.{part(mac)}"), (algorithm, alg)


def test_empty_and_null_keys(app):
    body = json.dumps(claims_of(app)).encode()
    for key in ("", "\0", "null", "undefined", "NULL"):
        assert not is_taken(app, raw(b'{"alg":"HS512"}', body, key))
    assert is_taken(app, raw(b'{"alg":"HS512"}', body))


def test_somebody_elses_key(app):
    for algorithm in ALGORITHMS:
        key = OTHER_SECRET if algorithm in SECRETS else ec.generate_private_key(CURVES[algorithm]) if algorithm in CURVES else OTHER_RSA
        assert not is_taken(app, make(app, algorithm=algorithm, key=key))


def test_elliptic_signatures_of_nothing(app):
    """r and s of 0, of the order, and too short or too long."""
    for algorithm, size in (("ES256", 32), ("ES384", 48), ("ES512", 66)):
        head, body, signature = make(app, algorithm=algorithm).split(".")
        made = base64.urlsafe_b64decode(signature + "==")
        assert is_taken(app, f"{head}.{body}.{signature}")
        for forged in (bytes(2 * size), b"\0" * (size - 1) + b"\1" + b"\0" * (size - 1) + b"\1", b"\xff" * 2 * size, bytes(size) + made[size:],
                       made[:size] + bytes(size), made[:-1], made + b"\0", b"\0" + made, made[size:] + made[:size], b""):
            assert not is_taken(app, f"{head}.{body}.{part(forged)}")


def test_truncated_and_extended(app):
    for algorithm in ("HS256", "RS256", "ES256"):
        token = make(app, algorithm=algorithm)
        head, body, signature = token.split(".")
        for changed in (token[:-1], token[:-4], token + "A", token + "AAAA", token + "=", token + ".", token + ".x", f".{token}", f"{head}..{signature}",
                        f"{head}.{body[:-4]}.{signature}", f"{head}.{part(claims_of(app, name=algorithm.lower(), ID=2))}.{signature}", f"{head}A.{body}.{signature}"):
            assert not is_taken(app, changed), changed
        assert is_taken(app, token)


def test_deep_and_huge(app):
    assert not is_taken(app, raw(b"[" * 3000, b"{}"))
    assert not is_taken(app, raw(b'{"alg":"HS512"}', json.dumps(claims_of(app)).encode()[:-1] + b',"x":' + b"[" * 2000 + b"]" * 2000 + b"}"))
    response = app.server.post_sql("SELECT 1", token=make(app, x="y" * 9000))
    assert response.status_code in (400, 401, 413)


def test_one_level_is_not_another(app):
    """The same key, defined on three levels: each token counts where its claims say and only there."""
    token = make(app, "SCOPE", TK="only")
    assert not is_taken(app, token)
    app.ok(define("only", "DATABASE", "HS512", SECRET))
    assert not is_taken(app, token)
    assert not is_taken(app, make(app, "NAMESPACE", TK="only"))
    assert is_taken(app, make(app, "DATABASE", TK="only"))


def test_our_own_tokens_are_not_foreign_and_the_reverse(app):
    own = app.signin("account", name="ada")
    assert is_taken(app, own)
    given = jwt.decode(own, options={"verify_signature": False})
    for changes in ({}, {"TK": "hs512"}, {"TK": "default"}):
        token = jwt.encode(given | changes, SECRET, "HS512")
        assert is_taken(app, token) == (changes == {"TK": "hs512"}), changes


def test_of_another_database_of_the_same_server(app, new_place):
    other = new_place()
    other.ok(f"""CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
        DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE id = 1); {define("hs512", "SCOPE account", "HS512", OTHER_SECRET)};
        {define("hs512", "DATABASE", "HS512", OTHER_SECRET)}""")
    for level in ("DATABASE", "SCOPE"):
        token = make(other, level, key=OTHER_SECRET)
        assert is_taken(other, token)
        assert not is_taken(app, make(app, level, key=OTHER_SECRET))
        assert not is_taken(other, make(other, level))
        assert_error(app.server.post_sql("SELECT 1", token=token, ns=app.ns, db=app.db), 403)


def test_removed_and_made_anew(place):
    place.ok("""CREATE TABLE person (id INTEGER PRIMARY KEY); INSERT INTO person VALUES (1);
        DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE id = 1)""")
    for level in ("NAMESPACE", "DATABASE", "SCOPE"):
        on = "SCOPE account" if level == "SCOPE" else level
        token = make(place, level)
        assert not is_taken(place, token)
        place.ok(define("hs512", on, "HS512", SECRET))
        assert is_taken(place, token)
        place.ok(f"REMOVE TOKEN hs512 ON {on}")
        assert not is_taken(place, token)
        place.ok(define("hs512", on, "HS512", OTHER_SECRET))
        assert not is_taken(place, token)
        place.ok(define("OVERWRITE hs512", on, "HS512", SECRET))
        assert is_taken(place, token)
        place.ok(define("OVERWRITE hs512", on, "HS256", SECRET))
        assert not is_taken(place, token)
    place.ok(define("other", "SCOPE account", "HS512", SECRET))
    token = make(place, TK="other")
    assert is_taken(place, token)
    place.ok("REMOVE SCOPE account; DEFINE SCOPE account SIGNIN (SELECT id FROM person WHERE id = 1)")
    assert not is_taken(place, token)


def test_removed_database(place):
    place.ok(define("hs512", "DATABASE", "HS512", SECRET))
    token = make(place, "DATABASE")
    assert is_taken(place, token)
    place.server.root_ok(f"USE NS {place.ns}; REMOVE DATABASE {place.db}")
    assert not is_taken(place, token)
    place.server.make_database(place.ns, place.db)
    assert not is_taken(place, token)


# --- what is refused when it is defined ---


def refused(place, sql, word):
    one = place.root(sql)[0]
    assert one.get("code") == "invalid_value", one
    assert word in one["result"], one
    assert "secret that an issuer" not in one["result"] and "-----" not in one["result"].replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", ""), one


def test_types_that_are_refused(place):
    for name in ("PS256", "PS384", "PS512", "EdDSA", "eddsa", "ES256K"):
        refused(place, define("t", "DATABASE", name, pem(RSA)), "cannot be verified")
    for name in ("none", "HS1", '""', "RSA", '"HS256 "', "RS256x"):
        refused(place, define("t", "DATABASE", name, SECRET), "the type of a token is HS256")


def test_secrets_that_are_refused(place):
    for algorithm in SECRETS:
        for secret in ("", "x", "x" * 31):
            refused(place, define("t", "DATABASE", algorithm, secret), "too short")
        refused(place, define("t", "DATABASE", algorithm, "x" * 5000), "too long")
        for key in (pem(RSA), pem(EC["ES256"]), private_pem(RSA)):
            refused(place, define("t", "DATABASE", algorithm, key), "no shared secret")
    assert code(place.root(define("t", "DATABASE", "HS256", "x" * 32))) == "OK"


def test_public_keys_that_are_refused(place):
    small = rsa.generate_private_key(65537, 1024)
    odd = {"brainpool": ec.generate_private_key(ec.BrainpoolP256R1()), "secp256k1": ec.generate_private_key(ec.SECP256K1())}
    one = pem(RSA)
    body = one.splitlines()[1:-1]
    for algorithm in ALGORITHMS[3:]:
        for key in (RSA, EC["ES256"]):
            refused(place, define("t", "DATABASE", algorithm, private_pem(key)), "private key")
            refused(place, define("t", "DATABASE", algorithm, private_pem(key, serialization.PrivateFormat.TraditionalOpenSSL)), "private key")
        for key in ("", "x", SECRET, "-----BEGIN PUBLIC KEY-----", pem(RSA, serialization.PublicFormat.PKCS1), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                    one + one, one + "x", "x" + one, one.replace("PUBLIC", "public"), one.replace(body[0], body[1]), "\n".join(one.splitlines()[:-1]),
                    "ssh-rsa AAAA", json.dumps({"kty": "RSA"}), "-----BEGIN PUBLIC KEY-----" + "A" * 20000 + "-----END PUBLIC KEY-----"):
            refused(place, define("t", "DATABASE", algorithm, key), "key")
        refused(place, define("t", "DATABASE", algorithm, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), "certificate")
        refused(place, define("t", "DATABASE", algorithm, pem(ed25519.Ed25519PrivateKey.generate())), "key")
    for algorithm in ("RS256", "RS384", "RS512"):
        refused(place, define("t", "DATABASE", algorithm, pem(small)), "1024 bits")
        refused(place, define("t", "DATABASE", algorithm, pem(EC["ES256"])), "key of RSA")
    for algorithm, curve in (("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")):
        refused(place, define("t", "DATABASE", algorithm, pem(RSA)), curve)
        for other in CURVES:
            if other != algorithm:
                refused(place, define("t", "DATABASE", algorithm, pem(EC[other])), curve)
        for key in odd.values():
            refused(place, define("t", "DATABASE", algorithm, pem(key)), "key")
    assert place.ok("INFO FOR DB")[0][0]["tokens"] == {}


def test_public_key_with_white_space_around_it(place):
    place.ok(define("rs256", "DATABASE", "RS256", "\n  " + pem(RSA).strip() + " \n\n"))
    assert is_taken(place, make(place, "DATABASE", "RS256"))
    place.ok(define("es256", "DATABASE", "ES256", pem(EC["ES256"]).replace("\n", "\r\n")))
    assert is_taken(place, make(place, "DATABASE", "ES256"))


def test_names_that_are_refused(place):
    for name in ("default", '"Default"', "DEFAULT_".replace("_", "")):
        one = place.root(define(f'"{name.strip(chr(34))}"', "DATABASE", "HS256", SECRET))[0]
        assert one["code"] == "invalid_value" and "default" in one["result"]
    assert code(place.root(define('""', "DATABASE", "HS256", SECRET))) in ("invalid_value", "parse_error")
    assert code(place.root(define("t", "SCOPE nowhere", "HS256", SECRET))) == "not_found"
    assert code(place.root(define("t", "DATABASE", "HS256", SECRET, "ISSUER ''"))) == "invalid_value"
    assert code(place.root(define("t", "DATABASE", "HS256", SECRET, "AUDIENCE ''"))) == "invalid_value"
    for wrong in ("DEFINE TOKEN t ON ROOT TYPE HS256 VALUE 'x'", "DEFINE TOKEN t ON DATABASE TYPE HS256", "DEFINE TOKEN t ON DATABASE VALUE 'x'",
                  define("t", "DATABASE", "HS256", SECRET, "VALUE 'y'"), define("t", "DATABASE", "HS256", SECRET, "ISSUER 'a' ISSUER 'b'")):
        assert_error(place.server.post_sql(wrong, login=(ROOT_USER, ROOT_PASSWORD), ns=place.ns, db=place.db), 400)


def test_the_key_is_never_shown(place):
    place.ok("DEFINE SCOPE s; " + "; ".join(define("t", on, "HS512", SECRET) for on in ("NAMESPACE", "DATABASE", "SCOPE s")))
    for what in ("NS", "DB", "SCOPE s"):
        text = json.dumps(place.ok(f"INFO FOR {what}"))
        assert 'DEFINE TOKEN' in text and SECRET not in text and hashlib.sha256(SECRET.encode()).hexdigest() not in text
    assert place.root(define("t", "DATABASE", "HS512", SECRET))[0]["code"] == "already_exists"
    place.ok(define("IF NOT EXISTS t", "DATABASE", "HS512", OTHER_SECRET))
    assert is_taken(place, make(place, "DATABASE", TK="t"))
    for line in place.server.log:
        assert SECRET not in line


def test_it_survives_a_restart(fresh_server):
    server = fresh_server
    server.make_database("a", "b", define("es256", "DATABASE", "ES256", pem(EC["ES256"]), "ISSUER 'me'"))
    token = jwt.encode({"NS": "a", "DB": "b", "TK": "es256", "exp": int(time.time()) + 600, "iss": "me"}, EC["ES256"], "ES256")
    assert server.post_sql("SELECT 1", token=token).status_code == 200
    server.restart()
    assert server.post_sql("SELECT 1", token=token).status_code == 200
