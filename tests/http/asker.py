"""Who asks, in the HTTP tests."""


class As:
    """A database as one of its users sees it: of the scope `account`, known by name."""

    def __init__(self, place, name):
        self.place = place
        self.token = place.signin("account", name=name)

    def __call__(self, sql, headers=None, **vars):
        return self.place.server.sql(sql, token=self.token, headers=headers, vars=vars or None)
