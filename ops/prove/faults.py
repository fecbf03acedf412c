"""What a proof does to a throwaway database behind the code's back: commits that must be repeated, and guards that are broken."""

from typing import Any, LiteralString

import psycopg

from ops.prove.ground import Ground

_TABLES: dict[str, tuple[LiteralString, ...]] = {
    "cockroach": ("orders", "order_batches", "idempotency_keys", "payments", "refunds"),
    "postgres": ("coupons", "coupon_redemptions"),
}

# Decided once per transaction, inside the real COMMIT, as CockroachDB does it; a sequence counts what is rolled back.
_SAY_AGAIN = """
    CREATE SEQUENCE said_again;
    CREATE FUNCTION say_again() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      DECLARE this TEXT := pg_current_xact_id()::TEXT;
      BEGIN
        IF current_setting('proof.decided', true) IS DISTINCT FROM this THEN
          PERFORM set_config('proof.decided', this, true);
          IF random() < %(share)s THEN
            PERFORM nextval('said_again');
            RAISE EXCEPTION 'restart transaction: injected' USING ERRCODE = '40001';
          END IF;
        END IF;
        RETURN NULL;
      END $$"""


def say_again(ground: Ground, share: float) -> None:
    """Let a share of the commits that change orders, stock, coupons or money fail with 40001."""
    for part, tables in _TABLES.items():
        with ground.admin(part) as connection:
            connection.execute(_SAY_AGAIN.replace("%(share)s", str(share)).encode())
            for table in tables:
                connection.execute(
                    f"""CREATE CONSTRAINT TRIGGER say_again AFTER INSERT OR UPDATE ON {table}
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say_again()""".encode()
                )


def said_again(ground: Ground) -> int:
    """Give how many commits failed so."""
    total = 0
    for part in _TABLES:
        with ground.admin(part) as connection:
            row = connection.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM said_again").fetchone()
            total += row[0] if row else 0
    return total


def before_row(
    connection: psycopg.Connection[Any], moment: LiteralString, table: LiteralString, body: LiteralString
) -> None:
    """Let a trigger falsify each row as it is written: `body` is PL/pgSQL that returns NEW, or NULL to lose the row."""
    connection.execute(
        f"CREATE FUNCTION falsify_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$".encode()
    )
    connection.execute(
        f"CREATE TRIGGER falsify BEFORE {moment} ON {table} FOR EACH ROW EXECUTE FUNCTION falsify_{table}()".encode()
    )
