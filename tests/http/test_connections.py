"""Connections that are kept: all threads may be held by idle ones, and who works or comes anew finds one all the same."""

import contextlib
import socket
import ssl
import threading
import time

import client
import pytest

MOST = 8
PATIENCE = 60  # seconds; beyond what any of these waits for
REQUEST = b"GET /version HTTP/1.1\r\nHost: test\r\n\r\n"


def options(scheme, most):
    more = ["--tls"] if scheme == "https" else []
    return ["--connections", str(most), "--keep-alive", "10m", "--header-timeout", "5m", *more]


@pytest.fixture(params=["http", "https"])
def server(request, start_server):
    return start_server(*options(request.param, MOST))


def connect(server):
    plain = socket.create_connection((server.host, server.port), timeout=PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if server.scheme == "http":
        return plain
    try:
        return ssl.create_default_context(cafile=server.authority).wrap_socket(plain, server_hostname="localhost")
    except OSError:
        plain.close()
        raise


def answer(connection):
    """The head of one response; nothing where the connection was closed instead."""
    received = b""
    with contextlib.suppress(OSError):
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return b""
            received += part
        head, body = received.split(b"\r\n\r\n", 1)
        left = int(head.lower().split(b"content-length:")[1].split()[0]) - len(body)
        while left:
            part = connection.recv(left)
            if not part:
                return b""
            left -= len(part)
        return head
    return b""


def ask(connection, request=REQUEST):
    with contextlib.suppress(OSError):
        connection.sendall(request)
    return answer(connection)


def is_kept(head):
    return head.startswith(b"HTTP/1.1 200 ") and b"connection: close" not in head.lower()


def admitted(server):
    """A connection that had an answer, if there is one to be had now."""
    try:
        connection = connect(server)
    except OSError:
        return None
    if ask(connection).startswith(b"HTTP/1.1 200 "):
        return connection
    connection.close()
    return None


def newcomer(server, stack):
    return stack.enter_context(client.wait_until(lambda: admitted(server), PATIENCE))


def keep(server, stack, most=MOST):
    """As many kept connections as there may be before new ones are closed after their answer."""
    connections = [stack.enter_context(connect(server)) for _ in range(most - most // 8)]
    assert all(is_kept(ask(connection)) for connection in connections)
    return connections


def fill(server, stack):
    """Takes all threads: kept connections, and such as have not asked yet."""
    connections = keep(server, stack)
    for _ in range(MOST - len(connections)):
        stack.enter_context(connect(server))
    return connections


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_idle_ones_cost_the_others_nothing(start_server, scheme):
    """Beside as many idle ones that keep-alive would have to end, whoever works keeps his connection."""
    server = start_server(*options(scheme, 64))
    with contextlib.ExitStack() as stack:
        idle = keep(server, stack, 64)

        def one_that_is_kept():
            connection = newcomer(server, stack)
            return connection if is_kept(ask(connection)) else None

        working = client.wait_until(one_that_is_kept, PATIENCE)
        for _ in range(100):
            assert is_kept(ask(working))
        for connection in idle:
            assert ask(connection).startswith(b"HTTP/1.1 200 ")


def test_one_idle_connection_makes_room(server):
    with contextlib.ExitStack() as stack:
        connections = fill(server, stack)
        newcomer(server, stack)
        heads = sorted(ask(connection) for connection in connections)
        assert heads[0] == b"" and all(head.startswith(b"HTTP/1.1 200 ") for head in heads[1:])


def test_many_newcomers_in_turn(server):
    with contextlib.ExitStack() as stack:
        fill(server, stack)
        for _ in range(3 * MOST):
            newcomer(server, stack)


@pytest.mark.parametrize("begun", [b"", REQUEST[:20]])
def test_whoever_has_not_been_answered_is_not_given_up(server, begun):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(server)) for _ in range(MOST)]
        for connection in connections:
            connection.sendall(begun)
        if server.scheme == "http":
            with connect(server) as refused:
                head = answer(refused)
                assert head.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: " in head
        else:
            with pytest.raises(OSError):
                connect(server)
        for connection in connections:
            assert ask(connection, REQUEST[len(begun):]).startswith(b"HTTP/1.1 200 ")


def test_a_crowd(server):
    """Three times as many clients as threads, who keep connections and come anew, until each has had some answers; and
    afterwards all threads are there."""
    wrong = []
    answers = [0] * (3 * MOST)

    def come_and_go(number):
        end = time.monotonic() + PATIENCE
        while answers[number] < 10 and time.monotonic() < end:
            try:
                connection = connect(server)
            except OSError:
                continue
            with connection:
                for _ in range(3):
                    head = ask(connection)
                    if head.startswith(b"HTTP/1.1 200 "):
                        answers[number] += 1
                    elif head and not head.startswith(b"HTTP/1.1 503 "):
                        wrong.append(head)
                    if not is_kept(head):
                        break

    with contextlib.ExitStack() as stack:
        fill(server, stack)
        threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(3 * MOST)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong and min(answers) >= 10
    with contextlib.ExitStack() as stack:
        def all_begin():
            stack.close()
            connections = []
            with contextlib.suppress(OSError):
                for _ in range(MOST):
                    connections.append(stack.enter_context(connect(server)))
                    connections[-1].sendall(REQUEST[:20])
                return all(ask(one, REQUEST[20:]).startswith(b"HTTP/1.1 200 ") for one in connections)
        assert client.wait_until(all_begin, PATIENCE)


def test_idle_ones_do_not_delay_the_end(server):
    with contextlib.ExitStack() as stack:
        fill(server, stack)
        newcomer(server, stack)  # so the others rest
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 30  # a drain that waits for them takes a minute
