"""Balances worked out anew from what they are the balance of: movements, attempts, refunds, redemptions, lines."""

from typing import LiteralString, NamedTuple

from psycopg import sql as text

from ops.prove.ground import Ground


class Balance(NamedTuple):
    """A stored figure: how many rows have it, and of how many it is not what it should be."""

    name: str
    rows: int
    wrong: int


_COCKROACH: dict[str, LiteralString] = {
    "packs on hand = movements": """
        SELECT b.on_hand AS stored, coalesce((SELECT sum(m.on_hand_change) FROM stock_movements AS m WHERE m.batch_id = b.id), 0) AS due
          FROM inventory_batches AS b""",
    "packs reserved = movements": """
        SELECT b.reserved AS stored, coalesce((SELECT sum(m.reserved_change) FROM stock_movements AS m WHERE m.batch_id = b.id), 0) AS due
          FROM inventory_batches AS b""",
    "packs in quarantine = movements": """
        SELECT b.quarantined AS stored,
               coalesce((SELECT sum(m.quarantined_change) FROM stock_movements AS m WHERE m.batch_id = b.id), 0) AS due
          FROM inventory_batches AS b""",
    "recalled packs for sale = 0": """
        SELECT 0 AS stored, CASE WHEN b.recalled THEN b.on_hand - b.reserved ELSE 0 END AS due FROM inventory_batches AS b""",
    "packs reserved = held by orders": """
        SELECT b.reserved AS stored,
               coalesce((SELECT sum(o.quantity) FROM order_batches AS o WHERE o.batch_id = b.id AND o.state = 'reserved'), 0) AS due
          FROM inventory_batches AS b""",
    "packs held = packs ordered": """
        SELECT i.quantity AS stored,
               CASE WHEN o.status = 'cancelled' THEN least(i.quantity, coalesce(sum(b.quantity), 0))
                    ELSE coalesce(sum(b.quantity) FILTER (WHERE b.state <> 'released'), 0) END AS due
          FROM order_items AS i JOIN orders AS o ON o.id = i.order_id
          LEFT JOIN order_batches AS b ON b.order_id = i.order_id AND b.line_no = i.line_no
         GROUP BY i.order_id, i.line_no, i.quantity, o.status""",
    "held by cancelled orders = 0": """
        SELECT 0 AS stored, (SELECT count(*) FROM order_batches AS b WHERE b.order_id = o.id AND b.state = 'reserved') AS due
          FROM orders AS o WHERE o.status = 'cancelled'""",
    "prescription packs used = ordered": """
        SELECT p.used_packs AS stored,
               coalesce((SELECT sum(i.quantity) FROM order_items AS i JOIN orders AS o ON o.id = i.order_id
                          WHERE i.prescription_item_id = p.id AND o.status <> 'cancelled'), 0) AS due
          FROM prescription_items AS p""",
    "order's items = its lines": """
        SELECT o.items_paise - o.discount_paise AS stored,
               coalesce((SELECT sum(i.total_paise) FROM order_items AS i WHERE i.order_id = o.id), 0) AS due
          FROM orders AS o""",
    "order's total = packs not taken out": """
        SELECT o.total_paise AS stored,
               coalesce((SELECT sum(u.total_paise + u.fee_paise) FROM order_units AS u WHERE u.order_id = o.id AND u.state <> 'dropped'), 0) AS due
          FROM orders AS o""",
    "credited = credit notes": """
        SELECT o.credited_paise AS stored, coalesce((SELECT sum(n.total_paise) FROM credit_notes AS n WHERE n.order_id = o.id), 0) AS due
          FROM orders AS o""",
    "credit notes = their packs": """
        SELECT n.total_paise AS stored,
               coalesce((SELECT sum(u.total_paise + u.fee_paise) FROM order_units AS u WHERE u.credit_note_id = n.id), 0)
               - coalesce((SELECT sum(a.total_paise + a.fee_paise)
                             FROM unit_allowances AS a
                             JOIN order_units AS u ON u.order_id = a.order_id AND u.line_no = a.line_no AND u.unit_no = a.unit_no
                            WHERE u.credit_note_id = n.id), 0)
               + coalesce((SELECT sum(a.total_paise + a.fee_paise) FROM unit_allowances AS a WHERE a.credit_note_id = n.id), 0) AS due
          FROM credit_notes AS n""",
    "tax credited above the invoice's = 0": """
        SELECT 0 AS stored,
               greatest(coalesce((SELECT sum(n.tax_paise) FROM credit_notes AS n WHERE n.order_id = o.id), 0) - o.tax_paise, 0) AS due
          FROM orders AS o""",
    "captured = attempts": """
        SELECT p.captured_paise AS stored,
               coalesce((SELECT sum(a.amount_paise) FROM payment_attempts AS a WHERE a.payment_id = p.id AND a.status = 'captured'), 0) AS due
          FROM payments AS p WHERE p.method = 'razorpay'""",
    "refunded = refunds": """
        SELECT p.refunded_paise AS stored,
               coalesce((SELECT sum(r.amount_paise) FROM refunds AS r WHERE r.payment_id = p.id AND r.status <> 'failed'), 0) AS due
          FROM payments AS p""",
    "negative balances = 0": """
        SELECT 0 AS stored, least(on_hand, reserved, on_hand - reserved, quarantined, 0) AS due FROM inventory_batches
        UNION ALL SELECT 0, least(captured_paise, refunded_paise, captured_paise - refunded_paise, 0) FROM payments
        UNION ALL SELECT 0, least(used_packs, allowed_packs - used_packs, 0) FROM prescription_items""",
}
_POSTGRES: dict[str, LiteralString] = {
    "coupon uses = redemptions": """
        SELECT c.uses AS stored,
               (SELECT count(*) FROM coupon_redemptions AS r WHERE r.coupon_id = c.id AND r.status <> 'released') AS due
          FROM coupons AS c""",
    "a person's uses = redemptions": """
        SELECT u.uses AS stored,
               (SELECT count(*) FROM coupon_redemptions AS r
                 WHERE r.coupon_id = u.coupon_id AND r.uid = u.uid AND r.status <> 'released') AS due
          FROM coupon_users AS u""",
    "uses above their limit = 0": """
        SELECT 0 AS stored, greatest(uses - global_limit, 0) AS due FROM coupons WHERE global_limit IS NOT NULL""",
}

_COUNTED = text.SQL("SELECT count(*), count(*) FILTER (WHERE stored IS DISTINCT FROM due) FROM ({}) AS balance")


def recompute(ground: Ground) -> list[Balance]:
    """Hold every stored balance of the present databases against its parts."""
    found: list[Balance] = []
    for part, queries in (("cockroach", _COCKROACH), ("postgres", _POSTGRES)):
        with ground.admin(part) as connection:
            for name, query in queries.items():
                rows, wrong = connection.execute(_COUNTED.format(text.SQL(query))).fetchall()[0]
                found.append(Balance(name, rows, wrong))
    return found
